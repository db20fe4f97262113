#include "kernel/loader/stack.h"

#include "kernel/mm/user_copy.h"
#include "kernel/random/random.h"

namespace caponier::loader {

Result<u64> StackBuilder::PutString(std::string_view text) {
  if (text.size() + 1 > at_ - limit_) return Error::kArgumentsTooLong;
  at_ -= text.size() + 1;
  TRY(mm::CopyToUser(at_, AsBytes(text)));  // the page is fresh, so the NUL is there
  return at_;
}

// The last string highest, so that they lie in order.
Result<void> StackBuilder::PutAll(const Vector<std::string_view>& strings, Vector<u64>& addresses) {
  TRY(addresses.Resize(strings.size()));
  for (size_t i = strings.size(); i-- > 0;) addresses[i] = TRY(PutString(strings[i]));
  return {};
}

Result<void> StackBuilder::PutStrings(const Request& request, std::string_view platform, Loaded& loaded) {
  exec_name_ = TRY(PutString(request.exec_name));
  loaded.environment_end = at_;
  TRY(PutAll(request.environment, environment_));
  loaded.environment_begin = loaded.arguments_end = at_;
  TRY(PutAll(request.arguments, arguments_));
  loaded.arguments_begin = at_;
  platform_ = TRY(PutString(platform));
  u8 random[16];
  kernel::random::SecretStream().Fill(std::as_writable_bytes(std::span(random)));
  at_ = AlignDown(at_ - sizeof(random), 16);
  random_ = at_;
  const Result<void> copied = mm::CopyToUser(at_, BytesOf(random));
  SecureWipe(WritableBytesOf(random));
  return copied;
}

Result<u64> StackBuilder::Finish(const Vector<u64>& auxiliary_vector) {
  Vector<u64> words;
  TRY(words.Append(arguments_.size()));
  for (const u64 address : arguments_) TRY(words.Append(address));
  TRY(words.Append(0));
  for (const u64 address : environment_) TRY(words.Append(address));
  TRY(words.Append(0));
  for (const u64 word : auxiliary_vector) TRY(words.Append(word));
  const u64 bytes = words.size() * sizeof(u64);
  if (bytes + 16 > at_ - limit_) return Error::kArgumentsTooLong;
  const u64 sp = AlignDown(at_ - bytes, 16);
  TRY(mm::CopyToUser(sp, std::as_bytes(std::span<const u64>(words))));
  return sp;
}

}  // namespace caponier::loader
