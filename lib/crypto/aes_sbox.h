// The AES S-box [fips197] 5.1.1 as a circuit: 32 ANDs and 81 XORs and NOTs instead of a table, so that no index depends on a
// secret and every bit of a word is one more S-box for free. The circuit is the published straight-line program of [boyar-peralta]
// figures 5 to 8; the test compares all 256 inputs with the S-box's definition (inverse in GF(2^8), then the affine map).
#pragma once

#include "lib/base/types.h"

namespace caponier::crypto {

// planes[i] holds bit i (0 is the lowest) of as many bytes as Word has bits.
template <typename Word>
constexpr void SubBytes(Word (&planes)[8]) {
  // The paper numbers bits from the highest.
  const Word u0 = planes[7], u1 = planes[6], u2 = planes[5], u3 = planes[4];
  const Word u4 = planes[3], u5 = planes[2], u6 = planes[1], u7 = planes[0];

  // Linear: into the tower field's basis, with the sums that its multiplications share.
  const Word y14 = u3 ^ u5, y13 = u0 ^ u6, y9 = u0 ^ u3, y8 = u0 ^ u5;
  const Word t0 = u1 ^ u2, y1 = t0 ^ u7, y4 = y1 ^ u3, y12 = y13 ^ y14;
  const Word y2 = y1 ^ u0, y5 = y1 ^ u6, y3 = y5 ^ y8, t1 = u4 ^ y12;
  const Word y15 = t1 ^ u5, y20 = t1 ^ u1, y6 = y15 ^ u7, y10 = y15 ^ t0;
  const Word y11 = y20 ^ y9, y7 = u7 ^ y11, y17 = y10 ^ y11, y19 = y10 ^ y8;
  const Word y16 = t0 ^ y11, y21 = y13 ^ y16, y18 = u0 ^ y16;

  // The only non-linear part: inversion.
  const Word t2 = y12 & y15, t3 = y3 & y6, t4 = t3 ^ t2, t5 = y4 & u7;
  const Word t6 = t5 ^ t2, t7 = y13 & y16, t8 = y5 & y1, t9 = t8 ^ t7;
  const Word t10 = y2 & y7, t11 = t10 ^ t7, t12 = y9 & y11, t13 = y14 & y17;
  const Word t14 = t13 ^ t12, t15 = y8 & y10, t16 = t15 ^ t12, t17 = t4 ^ t14;
  const Word t18 = t6 ^ t16, t19 = t9 ^ t14, t20 = t11 ^ t16, t21 = t17 ^ y20;
  const Word t22 = t18 ^ y19, t23 = t19 ^ y21, t24 = t20 ^ y18, t25 = t21 ^ t22;
  const Word t26 = t21 & t23, t27 = t24 ^ t26, t28 = t25 & t27, t29 = t28 ^ t22;
  const Word t30 = t23 ^ t24, t31 = t22 ^ t26, t32 = t31 & t30, t33 = t32 ^ t24;
  const Word t34 = t23 ^ t33, t35 = t27 ^ t33, t36 = t24 & t35, t37 = t36 ^ t34;
  const Word t38 = t27 ^ t36, t39 = t29 & t38, t40 = t25 ^ t39, t41 = t40 ^ t37;
  const Word t42 = t29 ^ t33, t43 = t29 ^ t40, t44 = t33 ^ t37, t45 = t42 ^ t41;
  const Word z0 = t44 & y15, z1 = t37 & y6, z2 = t33 & u7, z3 = t43 & y16, z4 = t40 & y1, z5 = t29 & y7;
  const Word z6 = t42 & y11, z7 = t45 & y17, z8 = t41 & y10, z9 = t44 & y12, z10 = t37 & y3, z11 = t33 & y4;
  const Word z12 = t43 & y13, z13 = t40 & y5, z14 = t29 & y2, z15 = t42 & y9, z16 = t45 & y14, z17 = t41 & y8;

  // Linear: back to the usual basis, and the affine map.
  const Word l46 = z15 ^ z16, l47 = z10 ^ z11, l48 = z5 ^ z13, l49 = z9 ^ z10;
  const Word l50 = z2 ^ z12, l51 = z2 ^ z5, l52 = z7 ^ z8, l53 = z0 ^ z3;
  const Word l54 = z6 ^ z7, l55 = z16 ^ z17, l56 = z12 ^ l48, l57 = l50 ^ l53;
  const Word l58 = z4 ^ l46, l59 = z3 ^ l54, l60 = l46 ^ l57, l61 = z14 ^ l57;
  const Word l62 = l52 ^ l58, l63 = l49 ^ l58, l64 = z4 ^ l59, l65 = l61 ^ l62;
  const Word l66 = z1 ^ l63, l67 = l64 ^ l65, s3 = l53 ^ l66;
  planes[7] = l59 ^ l63;
  planes[6] = l64 ^ ~s3;
  planes[5] = l55 ^ ~l67;
  planes[4] = s3;
  planes[3] = l51 ^ l66;
  planes[2] = l47 ^ l65;
  planes[1] = l56 ^ ~l62;
  planes[0] = l48 ^ ~l60;
}

}  // namespace caponier::crypto
