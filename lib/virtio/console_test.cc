#include "lib/virtio/console.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace caponier::virtio {
namespace {

constexpr u32 kPort = 1;

std::string Message(u32 id, ConsoleEvent event, u16 value = 0, std::string_view tail = {}) {
  ConsoleControl control;
  control.id = id;
  control.event = static_cast<u16>(event);
  control.value = value;
  return std::string(AsText(BytesOf(control))) + std::string(tail);
}

struct Fixture {
  std::vector<ConsoleControl> Send(const std::string& message) {
    auto replies = port.Handle(AsBytes(message), diagnostic);
    EXPECT_TRUE(replies.ok()) << diagnostic.what();
    if (!replies.ok()) return {};
    auto messages = replies.value().messages();
    return {messages.begin(), messages.end()};
  }
  void ExpectBreak(const std::string& message, std::string_view what) {
    auto replies = port.Handle(AsBytes(message), diagnostic);
    EXPECT_FALSE(replies.ok()) << what;
    EXPECT_EQ(diagnostic.what(), what);
    EXPECT_FALSE(port.open());
    EXPECT_FALSE(port.peer_open());
    EXPECT_FALSE(port.Handle(AsBytes(Message(kPort, ConsoleEvent::kResize)), diagnostic).ok()) << "it lives on";
  }
  FirstDiagnostic diagnostic;
  ConsolePort port{kPort, "caponier.link", 31};
};

void ExpectMessage(const ConsoleControl& message, u32 id, ConsoleEvent event, u16 value) {
  EXPECT_EQ(message.id, id);
  EXPECT_EQ(message.event, static_cast<u16>(event));
  EXPECT_EQ(message.value, value);
}

TEST(ConsolePort, QueueNumbers) {
  static_assert(ConsoleReceiveQueue(0) == 0 && ConsoleTransmitQueue(0) == 1);
  static_assert(ConsoleReceiveQueue(1) == 4 && ConsoleTransmitQueue(1) == 5);
  static_assert(ConsoleReceiveQueue(2) == 6 && ConsoleTransmitQueue(2) == 7);
}

TEST(ConsolePort, OpensAsTheStandardSays) {
  for (std::string_view name : {std::string_view("caponier.link"), std::string_view("caponier.link\0", 14)}) {
    Fixture fixture;
    ExpectMessage(fixture.port.Begin(), 0, ConsoleEvent::kDeviceReady, 1);
    EXPECT_TRUE(fixture.Send(Message(0, ConsoleEvent::kPortAdd)).empty());  // another port
    auto ready = fixture.Send(Message(kPort, ConsoleEvent::kPortAdd));
    ASSERT_EQ(ready.size(), 1u);
    ExpectMessage(ready[0], kPort, ConsoleEvent::kPortReady, 1);
    EXPECT_FALSE(fixture.port.open());
    EXPECT_TRUE(fixture.Send(Message(0, ConsoleEvent::kPortName, 1, "caponier.link")).empty());
    EXPECT_FALSE(fixture.port.open());
    auto open = fixture.Send(Message(kPort, ConsoleEvent::kPortName, 1, name));
    ASSERT_EQ(open.size(), 1u);
    ExpectMessage(open[0], kPort, ConsoleEvent::kPortOpen, 1);
    EXPECT_TRUE(fixture.port.open());
    EXPECT_FALSE(fixture.port.peer_open());
    EXPECT_TRUE(fixture.Send(Message(2, ConsoleEvent::kPortOpen, 1)).empty());
    EXPECT_FALSE(fixture.port.peer_open());
    EXPECT_TRUE(fixture.Send(Message(kPort, ConsoleEvent::kPortOpen, 1)).empty());
    EXPECT_TRUE(fixture.port.peer_open());
    EXPECT_TRUE(fixture.Send(Message(kPort, ConsoleEvent::kPortName, 1, name)).empty());
    EXPECT_TRUE(fixture.Send(Message(kPort, ConsoleEvent::kResize, 0, "abcd")).empty());
    EXPECT_TRUE(fixture.Send(Message(kPort, ConsoleEvent::kConsolePort, 1)).empty());
    EXPECT_TRUE(fixture.Send(Message(kPort, ConsoleEvent::kPortOpen, 0)).empty());
    EXPECT_FALSE(fixture.port.peer_open());
    EXPECT_TRUE(fixture.port.open());
  }
}

TEST(ConsolePort, MayBeRemovedAndAddedAgain) {
  Fixture fixture;
  fixture.Send(Message(kPort, ConsoleEvent::kPortAdd));
  fixture.Send(Message(kPort, ConsoleEvent::kPortName, 1, "caponier.link"));
  fixture.Send(Message(kPort, ConsoleEvent::kPortOpen, 1));
  fixture.Send(Message(kPort, ConsoleEvent::kPortRemove));
  EXPECT_FALSE(fixture.port.open());
  EXPECT_FALSE(fixture.port.peer_open());
  EXPECT_EQ(fixture.Send(Message(kPort, ConsoleEvent::kPortAdd)).size(), 1u);
}

TEST(ConsolePort, BreaksOnImpossibleMessages) {
  const std::string add = Message(kPort, ConsoleEvent::kPortAdd);
  struct {
    std::string_view what;
    bool added;
    std::string message;
  } cases[] = {
      {"a console control message is cut short", false, std::string(7, '\0')},
      {"a console control message is cut short", true, ""},
      {"a console control message is about a port beyond the last", false, Message(31, ConsoleEvent::kPortAdd)},
      {"a console control message is about a port beyond the last", true, Message(~u32{0}, ConsoleEvent::kPortOpen, 1)},
      {"the console device adds a port twice", true, add},
      {"the console device removes a port that it has not added", false, Message(kPort, ConsoleEvent::kPortRemove)},
      {"the console device names a port that it has not added", false,
       Message(kPort, ConsoleEvent::kPortName, 1, "caponier.link")},
      {"the console device opens a port that it has not added", false, Message(kPort, ConsoleEvent::kPortOpen, 1)},
      {"the console device opens a port by halves", true, Message(kPort, ConsoleEvent::kPortOpen, 2)},
      {"the console port has another name than expected", true, Message(kPort, ConsoleEvent::kPortName, 1, "caponier.lin")},
      {"the console port has another name than expected", true, Message(kPort, ConsoleEvent::kPortName, 1, "")},
      {"the console port has another name than expected", true,
       Message(kPort, ConsoleEvent::kPortName, 1, {"caponier.link\0\0", 15})},
      {"the console device sends a message that only a driver sends", true, Message(kPort, ConsoleEvent::kDeviceReady, 1)},
      {"the console device sends a message that only a driver sends", true, Message(kPort, ConsoleEvent::kPortReady, 1)},
      {"the console device sends an unknown message", true, Message(0, ConsoleEvent{8})},
      {"the console device sends an unknown message", false, Message(kPort, ConsoleEvent{0xffff})},
  };
  for (const auto& test : cases) {
    Fixture fixture;
    if (test.added) fixture.Send(add);
    fixture.ExpectBreak(test.message, test.what);
  }
}

}  // namespace
}  // namespace caponier::virtio
