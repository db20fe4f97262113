// What System V's shared memory, semaphores and message queues have in common: a number, perhaps a key, owners and permissions. Each kind
// has a table of its own.
#pragma once

#include "lib/base/list.h"
#include "lib/base/types.h"

namespace caponier::mm {

struct SystemVObject {
  i32 id = 0, key = 0;  // key 0: none
  u32 mode = 0, user = 0, group = 0, creator_user = 0, creator_group = 0;
  i64 changed_at = 0;  // seconds since 1970
  bool removed = false;
  ListNode object_node;
};

class SystemVTable {
 public:
  void Add(SystemVObject& object);  // gives it its number
  void Remove(SystemVObject& object) { objects_.Remove(&object); }
  SystemVObject* Find(i32 id);        // null: none
  SystemVObject* FindByKey(i32 key);  // null: none
  SystemVObject* Next(SystemVObject* object) { return object == nullptr ? objects_.front() : objects_.Next(object); }
  size_t size() const { return objects_.size(); }
  i32 highest();  // number; 0 when there is none

 private:
  List<SystemVObject, &SystemVObject::object_node> objects_;
  i32 last_id_ = -1;
};

}  // namespace caponier::mm
