// execve: another program in the same process. Everything that can fail is done before anything is lost.
#include <algorithm>

#include "kernel/loader/load.h"
#include "kernel/sched/exec.h"
#include "kernel/syscall/files.h"

namespace caponier::syscall {
namespace {

constexpr u64 kMostStringBytes = 128 * kKiB;  // MAX_ARG_STRLEN
constexpr u64 kMostBytes = 2 * kMiB;          // of arguments and environment: a quarter of the stack, as in Linux
constexpr int kMostScripts = 4;               // interpreters that are scripts themselves, BINPRM_MAX_RECURSION
constexpr size_t kScriptLineBytes = 256;      // BINPRM_BUF_SIZE

// The strings of a vector of pointers, copied in one piece.
class Strings {
 public:
  // Adds all of the program's vector at `address`; a null address is an empty one, as Linux has it.
  Result<void> ReadVector(u64 address) {
    for (; address != 0; address += sizeof(u64)) {
      const u64 text = TRY(mm::ReadUser<u64>(address));
      if (text == 0) break;
      TRY(ReadString(text));
    }
    return {};
  }
  Result<void> Add(std::string_view text) {
    TRY(Reserve(text.size()));
    TRY(begins_.Append(bytes_.size()));
    for (const char c : text) TRY(bytes_.Append(c));
    return {};
  }
  size_t size() const { return begins_.size(); }
  u64 bytes() const { return bytes_.size(); }
  std::string_view operator[](size_t index) const {
    const size_t begin = begins_[index], end = index + 1 < begins_.size() ? begins_[index + 1] : bytes_.size();
    return {bytes_.data() + begin, end - begin};
  }

 private:
  Result<void> Reserve(u64 more) {
    return bytes_.size() + more > kMostBytes ? Result<void>(Error::kArgumentsTooLong) : Result<void>{};
  }

  Result<void> ReadString(u64 address) {
    const size_t begin = bytes_.size();
    for (u64 room = 256; room <= kMostStringBytes; room *= 8) {
      TRY(Reserve(room / 8));
      TRY(bytes_.Resize(begin + room));
      const auto text = mm::ReadUserString(std::span(bytes_.data() + begin, room), address);
      if (!text.ok() && text.error() == Error::kNameTooLong) continue;
      if (!text.ok()) return text.error();
      TRY(bytes_.Resize(begin + text.value().size()));
      return begins_.Append(begin);
    }
    return Error::kArgumentsTooLong;
  }

  Vector<char> bytes_;
  Vector<size_t> begins_;
};

// "#! interpreter argument": the words after the mark, the rest of the line being one argument.
struct ScriptLine {
  std::string_view interpreter, argument;
};
ScriptLine ParseScriptLine(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  text = text.substr(2, text.find('\n', 2) - 2);
  const auto trim = [&] {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    text.remove_suffix(text.size() - (text.find_last_not_of(kBlanks) + 1));
  };
  trim();
  ScriptLine line;
  line.interpreter = text.substr(0, text.find_first_of(kBlanks));
  text.remove_prefix(line.interpreter.size());
  trim();
  line.argument = text;
  return line;
}

Result<Ref<fs::File>> OpenExecutable(fs::Context& files, std::string_view path) {
  Ref<fs::File> file = TRY(fs::Open(files, path, linux_abi::kO_RDONLY, 0));
  fs::Attributes attributes;
  TRY(file->Stat(attributes));
  if (attributes.type != fs::InodeType::kRegular) return Error::kAccessDenied;
  TRY(file->inode()->Check(files.credentials, static_cast<u32>(fs::Permission::kExecute)));
  return file;
}

// Puts the interpreter's words before a script's arguments, whose first becomes the script's path. The path to load, which stays
// in `path`.
Result<void> ResolveScripts(fs::Context& files, String& path, Strings& arguments) {
  for (int depth = 0;; depth++) {
    Ref<fs::File> file = TRY(OpenExecutable(files, path));
    char head[kScriptLineBytes];
    mm::IoBuffer buffer = mm::IoBuffer::Kernel(MutableBytes(std::as_writable_bytes(std::span(head))));
    const u64 got = TRY(file->Read(buffer, 0));
    const std::string_view text(head, got);
    if (!text.starts_with("#!")) return {};
    if (depth == kMostScripts) return Error::kTooManyLinks;
    const ScriptLine line = ParseScriptLine(text);
    if (line.interpreter.empty()) return Error::kNotExecutable;
    Strings longer;
    TRY(longer.Add(line.interpreter));
    if (!line.argument.empty()) TRY(longer.Add(line.argument));
    TRY(longer.Add(path));
    for (size_t i = 1; i < arguments.size(); i++) TRY(longer.Add(arguments[i]));
    path = TRY(String::From(line.interpreter));
    arguments = std::move(longer);
  }
}

Result<void> ListInto(const Strings& strings, Vector<std::string_view>& list) {
  for (size_t i = 0; i < strings.size(); i++) TRY(list.Append(strings[i]));
  return {};
}

Result<loader::Loaded> Load(Call& call, std::string_view path, std::string_view name, const Strings& arguments,
                            const Strings& environment) {
  Vector<std::string_view> argument_list, environment_list;
  TRY(ListInto(arguments, argument_list));
  TRY(ListInto(environment, environment_list));
  loader::Complaint complaint;
  auto loaded =
      loader::LoadProgram(Files(call), {path, name, argument_list, environment_list}, call.process().memory->policy(), complaint);
  const bool malformed = !loaded.ok() && (loaded.error() == Error::kMalformed || loaded.error() == Error::kNotSupported);
  if (malformed) return Error::kNotExecutable;
  return loaded;
}

}  // namespace

Result<i64> SysExecve(Call& call) {
  sched::Process& process = call.process();
  UserPath given;
  TRY(given.Read(call[0]));
  if (given.empty()) return Error::kNotFound;
  (void)TRY(OpenExecutable(Files(call), given.text()));
  Strings arguments, environment;
  TRY(arguments.ReadVector(call[1]));
  TRY(environment.ReadVector(call[2]));
  if (arguments.bytes() + environment.bytes() > kMostBytes) return Error::kArgumentsTooLong;
  if (arguments.size() == 0) TRY(arguments.Add(""));  // programs take argv[0] for granted
  String path = TRY(String::From(given.text()));
  TRY(ResolveScripts(Files(call), path, arguments));
  loader::Loaded loaded = TRY(Load(call, path, given.text(), arguments, environment));
  // From here on the old program is gone. Its other threads end in its memory, which stands until the last of them has.
  const Ref<mm::AddressSpace> old = process.memory;
  old->Activate();
  sched::EndOtherThreads();
  loader::AdoptProgram(process, loaded);
  sched::ForgetProgram(*process.memory);
  process.files->CloseForExec();
  loader::EnterProgram(call.thread, loaded, given.text());
  return 0;
}

}  // namespace caponier::syscall
