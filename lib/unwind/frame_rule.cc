#include "lib/unwind/frame_rule.h"

#include <limits>

namespace caponier::unwind {
namespace {

// Pointer encodings [lsb-5] "DWARF Exception Header Encoding".
constexpr u8 kAbsolute = 0x00, kUdata2 = 0x02, kUdata4 = 0x03, kUdata8 = 0x04, kSdata2 = 0x0a, kSdata4 = 0x0b, kSdata8 = 0x0c;
constexpr u8 kFormat = 0x0f, kPcRelative = 0x10, kDataRelative = 0x30, kRelation = 0x70;
constexpr u8 kSearchTable = kDataRelative | kSdata4;

// Reads on from a place in the module. A read beyond its end gives 0 and is remembered.
class Cursor {
 public:
  Cursor(const Module& module, u64 address) : module_(&module), address_(address), end_(module.address + module.bytes.size()) {
    failed_ = address < module.address || address > end_;
  }

  bool failed() const { return failed_; }
  u64 address() const { return address_; }
  bool at_end() const { return failed_ || address_ == end_; }
  void EndAt(u64 bytes) {
    if (failed_ || bytes > end_ - address_) failed_ = true;
    else end_ = address_ + bytes;
  }
  void Skip(u64 bytes) {
    if (failed_ || bytes > end_ - address_) failed_ = true;
    else address_ += bytes;
  }
  template <typename T>
  T Read() {
    T value{};
    if (failed_ || end_ - address_ < sizeof(T)) {
      failed_ = true;
      return value;
    }
    __builtin_memcpy(&value, module_->bytes.data() + (address_ - module_->address), sizeof(T));
    address_ += sizeof(T);
    return value;
  }
  u64 ReadUleb() {
    int bits = 0;
    return ReadLeb(bits);
  }
  i64 ReadSleb() {
    int bits = 0;
    const u64 value = ReadLeb(bits);
    return !failed_ && (value >> (bits - 1) & 1) != 0 ? static_cast<i64>(value | ~u64{0} << bits) : static_cast<i64>(value);
  }
  u64 ReadPointer(u8 encoding) {
    const u64 here = address_;
    u64 value = 0;
    switch (encoding & kFormat) {
      case kAbsolute:
      case kUdata8:
      case kSdata8: value = Read<u64>(); break;
      case kUdata2: value = Read<u16>(); break;
      case kUdata4: value = Read<u32>(); break;
      case kSdata2: value = static_cast<u64>(i64{Read<i16>()}); break;
      case kSdata4: value = static_cast<u64>(i64{Read<i32>()}); break;
      default: failed_ = true;
    }
    switch (encoding & kRelation) {
      case 0: return value;
      case kPcRelative: return value + here;
      case kDataRelative: return value + module_->header;
      default: failed_ = true;
    }
    return 0;
  }

 private:
  u64 ReadLeb(int& bits) {
    u64 value = 0;
    for (bits = 0; bits < 56;) {
      const u8 byte = Read<u8>();
      value |= u64{byte & 0x7fu} << bits;
      bits += 7;
      if ((byte & 0x80) == 0) return value;
    }
    failed_ = true;
    return 0;
  }

  const Module* module_;
  u64 address_, end_;
  bool failed_ = false;
};

// Wraps around, as malformed numbers may.
i64 Product(u64 count, i64 step) { return static_cast<i64>(count * static_cast<u64>(step)); }

// A common information entry: what the descriptions of several functions share.
struct Common {
  Cursor instructions;
  u64 code_step = 1;
  i64 data_step = 1;
  u8 pointers = kAbsolute;  // how they are encoded
  bool augmented = false;   // there is more data, with its length before it
};

Result<Common> ReadCommon(const Registers& registers, const Module& module, u64 address) {
  Cursor at(module, address);
  at.EndAt(at.Read<u32>());
  if (at.Read<u32>() != 0 || at.failed()) return Error::kMalformed;
  const u8 version = at.Read<u8>();
  if (version != 1 && version != 3) return Error::kNotSupported;
  char augmentation[8];
  size_t length = 0;
  for (;; length++) {
    if (length == sizeof(augmentation)) return Error::kNotSupported;
    augmentation[length] = static_cast<char>(at.Read<u8>());
    if (augmentation[length] == 0) break;
  }
  Common common{at};
  common.code_step = at.ReadUleb();
  common.data_step = at.ReadSleb();
  const u64 return_address = version == 1 ? at.Read<u8>() : at.ReadUleb();
  if (return_address != registers.return_address) return Error::kNotSupported;
  if (length != 0) {
    if (augmentation[0] != 'z') return Error::kNotSupported;
    common.augmented = true;
    Cursor data = at;
    const u64 bytes = at.ReadUleb();
    at.Skip(bytes);
    data.ReadUleb();
    for (size_t i = 1; i < length; i++) {
      switch (augmentation[i]) {
        case 'R': common.pointers = data.Read<u8>(); break;
        case 'L': data.Read<u8>(); break;
        case 'P': data.ReadPointer(data.Read<u8>() & kFormat); break;
        case 'B':                              // AArch64: return addresses are signed with the other key
        case 'G': break;                       // AArch64: tagged frames
        default: return Error::kNotSupported;  // 'S' among them, a signal's frame: its registers are elsewhere
      }
    }
    if (data.failed()) return Error::kMalformed;
  }
  if (at.failed()) return Error::kMalformed;
  common.instructions = at;
  return common;
}

// What the call frame instructions [dwarf-5] 6.4.2 have said so far.
class Rows {
 public:
  explicit Rows(const Registers& registers) : registers_(registers) {}

  // Runs instructions until one is for places beyond `pc`.
  Result<> Run(const Common& common, Cursor at, u64 place, u64 pc) {
    while (!at.at_end()) {
      const u8 byte = at.Read<u8>(), low = byte & 0x3f;
      switch (byte & 0xc0) {
        case 0x40: place += low * common.code_step; break;
        case 0x80: Save(low, Product(at.ReadUleb(), common.data_step)); break;
        case 0xc0: Restore(low); break;
        default: TRY(RunOther(common, low, at, place)); break;
      }
      if (place > pc) break;
    }
    return at.failed() ? Result<>(Error::kMalformed) : Result<>();
  }
  // The state now is that at a function's start.
  void KeepFirst() { first_ = now_; }

  Result<FrameRule> rule() const {
    FrameRule rule;
    if (now_.cfa_by == By::kUnknown || now_.return_address.unknown || now_.frame_pointer.unknown) return Error::kNotSupported;
    if (now_.cfa_by == By::kMemory) rule.base = FrameRule::Base::kInMemoryAtFramePointer;
    else if (now_.cfa_register == registers_.frame_pointer) rule.base = FrameRule::Base::kFramePointer;
    else if (now_.cfa_register != registers_.stack_pointer) return Error::kNotSupported;
    if (now_.cfa_offset < std::numeric_limits<i32>::min() || now_.cfa_offset > std::numeric_limits<i32>::max())
      return Error::kNotSupported;
    rule.cfa_offset = static_cast<i32>(now_.cfa_offset);
    rule.outermost = now_.return_address.undefined;
    rule.return_address = now_.return_address.place;
    rule.frame_pointer = now_.frame_pointer.place;
    return rule;
  }

 private:
  enum class By : u8 { kUnknown, kRegister, kMemory };
  struct Saved {
    Place place = {};
    bool undefined = false, unknown = false;
  };
  struct State {
    By cfa_by = By::kUnknown;
    u64 cfa_register = 0;
    i64 cfa_offset = 0;
    Saved frame_pointer, return_address;
  };
  static constexpr size_t kMostRemembered = 8;

  Saved* Find(State& state, u64 number) const {
    return number == registers_.frame_pointer    ? &state.frame_pointer
           : number == registers_.return_address ? &state.return_address
                                                 : nullptr;
  }
  void Set(u64 number, Saved saved) {
    if (Saved* there = Find(now_, number); there != nullptr) *there = saved;
  }
  void SetPlace(u64 number, Place::Of of, i64 offset) {
    if (offset < std::numeric_limits<i16>::min() || offset > std::numeric_limits<i16>::max())
      return Set(number, {.unknown = true});
    Set(number, {.place = {of, static_cast<i16>(offset)}});
  }
  void Save(u64 number, i64 offset) { SetPlace(number, Place::Of::kCfa, offset); }
  void Restore(u64 number) {
    if (const Saved* first = Find(first_, number); first != nullptr) Set(number, *first);
  }
  void SetCfa(u64 number, i64 offset) {
    now_.cfa_by = By::kRegister;
    now_.cfa_register = number;
    now_.cfa_offset = offset;
  }
  // An expression: only "so many bytes from the frame pointer", with or without a look at what stands there, as functions have it that
  // align their stack.
  bool ReadFromFramePointer(Cursor& at, i64* offset, bool* loads) const {
    const u64 bytes = at.ReadUleb();
    Cursor expression = at;
    at.Skip(bytes);
    expression.EndAt(bytes);
    constexpr u8 kBreg0 = 0x70, kDeref = 0x06;
    if (expression.Read<u8>() != kBreg0 + registers_.frame_pointer) return false;
    *offset = expression.ReadSleb();
    *loads = !expression.at_end();
    if (*loads && (expression.Read<u8>() != kDeref || !expression.at_end())) return false;
    return !expression.failed();
  }

  Result<> RunOther(const Common& common, u8 operation, Cursor& at, u64& place) {
    i64 offset = 0;
    bool loads = false;
    switch (operation) {
      case 0x00: return {};                                                                                // nop
      case 0x01: place = at.ReadPointer(common.pointers); return {};                                       // set_loc
      case 0x02: place += at.Read<u8>() * common.code_step; return {};                                     // advance_loc1
      case 0x03: place += at.Read<u16>() * common.code_step; return {};                                    // advance_loc2
      case 0x04: place += at.Read<u32>() * common.code_step; return {};                                    // advance_loc4
      case 0x06: Restore(at.ReadUleb()); return {};                                                        // restore_extended
      case 0x07: Set(at.ReadUleb(), {.undefined = true}); return {};                                       // undefined
      case 0x08: Set(at.ReadUleb(), {}); return {};                                                        // same_value
      case 0x0d: now_.cfa_register = at.ReadUleb(); return {};                                             // def_cfa_register
      case 0x0e: now_.cfa_offset = static_cast<i64>(at.ReadUleb()); return {};                             // def_cfa_offset
      case 0x13: now_.cfa_offset = Product(static_cast<u64>(at.ReadSleb()), common.data_step); return {};  // def_cfa_offset_sf
      case 0x2d: return {};                 // AARCH64_negate_ra_state
      case 0x2e: at.ReadUleb(); return {};  // GNU_args_size
      case 0x0a:                            // remember_state
        if (remembered_ == kMostRemembered) return Error::kNotSupported;
        stack_[remembered_++] = now_;
        return {};
      case 0x0b:  // restore_state
        if (remembered_ == 0) return Error::kMalformed;
        now_ = stack_[--remembered_];
        return {};
      case 0x05: {  // offset_extended
        const u64 number = at.ReadUleb();
        Save(number, Product(at.ReadUleb(), common.data_step));
        return {};
      }
      case 0x11: {  // offset_extended_sf
        const u64 number = at.ReadUleb();
        Save(number, Product(static_cast<u64>(at.ReadSleb()), common.data_step));
        return {};
      }
      case 0x0c: {  // def_cfa
        const u64 number = at.ReadUleb();
        SetCfa(number, static_cast<i64>(at.ReadUleb()));
        return {};
      }
      case 0x12: {  // def_cfa_sf
        const u64 number = at.ReadUleb();
        SetCfa(number, Product(static_cast<u64>(at.ReadSleb()), common.data_step));
        return {};
      }
      case 0x0f:  // def_cfa_expression
        now_.cfa_by = By::kUnknown;
        if (!ReadFromFramePointer(at, &offset, &loads)) return {};
        SetCfa(registers_.frame_pointer, offset);
        if (loads) now_.cfa_by = By::kMemory;
        return {};
      case 0x10: {  // expression
        const u64 number = at.ReadUleb();
        if (ReadFromFramePointer(at, &offset, &loads) && !loads) SetPlace(number, Place::Of::kFramePointer, offset);
        else Set(number, {.unknown = true});
        return {};
      }
      case 0x09:    // register
      case 0x14: {  // val_offset
        Set(at.ReadUleb(), {.unknown = true});
        at.ReadUleb();
        return {};
      }
      case 0x15: {  // val_offset_sf
        Set(at.ReadUleb(), {.unknown = true});
        at.ReadSleb();
        return {};
      }
      case 0x16: {  // val_expression
        Set(at.ReadUleb(), {.unknown = true});
        at.Skip(at.ReadUleb());
        return {};
      }
      default: return Error::kNotSupported;
    }
  }

  const Registers& registers_;
  State now_, first_, stack_[kMostRemembered];
  size_t remembered_ = 0;
};

// The description of the function that `pc` may be in, by the sorted table behind the header.
Result<u64> FindDescription(const Module& module, u64 pc) {
  Cursor at(module, module.header);
  const u8 version = at.Read<u8>(), frames = at.Read<u8>(), counts = at.Read<u8>(), table = at.Read<u8>();
  if (at.failed() || version != 1) return Error::kMalformed;
  if (counts != kUdata4 || table != kSearchTable) return Error::kNotSupported;
  at.ReadPointer(frames & 0x7f);
  const u32 count = at.Read<u32>();
  if (at.failed()) return Error::kMalformed;
  const u64 entries = at.address();
  const auto place_of = [&](u64 index, u64 field) {
    return module.header + static_cast<u64>(i64{Cursor(module, entries + 8 * index + field).Read<i32>()});
  };
  u64 low = 0, high = count;  // the last that begins at or before pc is below `high`, and not below `low` unless there is none
  while (high - low > 1) {
    const u64 middle = low + (high - low) / 2;
    (place_of(middle, 0) <= pc ? low : high) = middle;
  }
  if (count == 0 || place_of(low, 0) > pc) return Error::kNotFound;
  return place_of(low, 4);
}

}  // namespace

Result<FrameRule> FindFrameRule(const Registers& registers, const Module& module, u64 pc) {
  const u64 description = TRY(FindDescription(module, pc));
  Cursor at(module, description);
  at.EndAt(at.Read<u32>());
  const u64 here = at.address(), back = at.Read<u32>();
  if (at.failed() || back == 0) return Error::kMalformed;
  const Common common = TRY(ReadCommon(registers, module, here - back));
  const u64 begin = at.ReadPointer(common.pointers), bytes = at.ReadPointer(common.pointers & kFormat);
  if (at.failed()) return Error::kMalformed;
  if (pc < begin || pc - begin >= bytes) return Error::kNotFound;
  if (common.augmented) at.Skip(at.ReadUleb());
  Rows rows(registers);
  TRY(rows.Run(common, common.instructions, begin, ~u64{0}));
  rows.KeepFirst();
  TRY(rows.Run(common, at, begin, pc));
  return rows.rule();
}

}  // namespace caponier::unwind
