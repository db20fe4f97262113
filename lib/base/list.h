// Doubly linked lists through a member of the element: no allocation, removal without a search.
#pragma once

#include <cstddef>

namespace caponier {

struct ListNode {
  ListNode* previous = nullptr;
  ListNode* next = nullptr;
  bool linked() const { return next != nullptr; }
};

template <typename T, ListNode T::* Member>
class List {
 public:
  List() = default;
  List(const List&) = delete;
  List& operator=(const List&) = delete;

  bool empty() const { return count_ == 0; }
  size_t size() const { return count_; }
  T* front() { return empty() ? nullptr : FromNode(head_.next); }
  T* back() { return empty() ? nullptr : FromNode(head_.previous); }
  // The element after `element`, or null.
  T* Next(T* element) {
    ListNode* node = (element->*Member).next;
    return node == &head_ ? nullptr : FromNode(node);
  }
  void PushBack(T* element) { Link(&(element->*Member), head_.previous != nullptr ? head_.previous : &head_); }
  void PushFront(T* element) { Link(&(element->*Member), &head_); }
  void InsertBefore(T* position, T* element) { Link(&(element->*Member), (position->*Member).previous); }
  T* PopFront() {
    T* element = front();
    if (element != nullptr) Remove(element);
    return element;
  }
  void Remove(T* element) {
    ListNode& node = element->*Member;
    if (!node.linked()) __builtin_trap();
    node.previous->next = node.next;
    node.next->previous = node.previous;
    node = {};
    count_--;
  }

 private:
  static T* FromNode(ListNode* node) {
    const auto offset = reinterpret_cast<size_t>(&(static_cast<T*>(nullptr)->*Member));
    return reinterpret_cast<T*>(reinterpret_cast<char*>(node) - offset);
  }
  void Link(ListNode* node, ListNode* after) {
    if (node->linked()) __builtin_trap();
    if (head_.next == nullptr) head_ = {&head_, &head_};
    node->previous = after;
    node->next = after->next;
    after->next->previous = node;
    after->next = node;
    count_++;
  }
  ListNode head_;
  size_t count_ = 0;
};

}  // namespace caponier
