#include "lib/heap/misuse.h"

namespace caponier::heap {

std::string_view CrimeName(Crime crime) {
  switch (crime) {
    case Crime::kDoubleFree: return "double free";
    case Crime::kStaleFree: return "free of a block that was freed before, whose slot is in use again";
    case Crime::kForeignFree: return "free of a pointer that is no block's";
    case Crime::kInteriorFree: return "free of a pointer into a block";
    case Crime::kBehindFree: return "free of a pointer behind a block";
    case Crime::kMisalignedFree: return "free of a misaligned pointer";
    case Crime::kWrongSizeFree: return "sized delete with a wrong size";
    case Crime::kWrongAlignment: return "aligned delete with a wrong alignment";
    case Crime::kOverflowFound: return "overflow of a block, found when it was freed";
    case Crime::kSlackWritten: return "write behind a block's end or before its neighbour, found when it was freed";
    case Crime::kUnderflowFound: return "underflow of a block, found when it was freed";
    case Crime::kWriteToFree: return "write to free memory, found when it was used again";
    case Crime::kWriteBehindFound: return "write behind a block's end, or to free memory there, found when it was used again";
    case Crime::kReuseOfLive: return "double free by two threads at once, found when the block was used again";
    case Crime::kOverflow: return "access behind a block";
    case Crime::kUnderflow: return "access before a block";
    case Crime::kUseAfterFree: return "use after free";
    case Crime::kWildAccess: return "wild access to the heap";
  }
  return "misuse of the heap";
}

void Describe(const Misuse& misuse, TextSink& sink) {
  constexpr std::string_view kFreeOf = "free of ";
  std::string_view name = CrimeName(misuse.crime);
  if (misuse.wish == Wish::kSize) {
    sink.Write("size asked of ");
    if (name.starts_with(kFreeOf)) name.remove_prefix(kFreeOf.size());
    else name = "a block that was freed";
  }
  sink.Write(name);
  if (misuse.wish == Wish::kResize) sink.Write(", by realloc");
  if (misuse.block_bytes) Format(sink, "; block of {} bytes", *misuse.block_bytes);
  if (misuse.distance != 0) Format(sink, "; distance {} bytes", misuse.distance);
  if (misuse.crime == Crime::kWrongSizeFree) Format(sink, "; size given {}", misuse.given_bytes);
  if (misuse.crime == Crime::kWrongAlignment) Format(sink, "; alignment given {}", misuse.given_bytes);
  if (misuse.generation != 0) Format(sink, "; generation {} of its slot", misuse.generation);
  if (misuse.pointer_generation != 0) Format(sink, "; the pointer is of another generation");
}

}  // namespace caponier::heap
