// Deals a hand of cards: every order of the pack is as likely as any other.
#include <algorithm>
#include <array>
#include <caponier/random.hpp>
#include <cstdio>
#include <numeric>

int main() {
  std::array<int, 52> pack;
  std::iota(pack.begin(), pack.end(), 0);
  std::shuffle(pack.begin(), pack.end(), caponier::random::Generator());
  for (int i = 0; i < 5; i++) std::printf("%c%c ", "23456789TJQKA"[pack[i] % 13], "CDHS"[pack[i] / 13]);
  std::printf("\n");
}
