#include "kernel/mm/system_v.h"

#include <algorithm>

namespace caponier::mm {

// Numbers go up, and start anew where they would become negative.
void SystemVTable::Add(SystemVObject& object) {
  do {
    last_id_ = last_id_ == 0x7fff'ffff ? 0 : last_id_ + 1;
  } while (Find(last_id_) != nullptr);
  object.id = last_id_;
  objects_.PushBack(&object);
}

SystemVObject* SystemVTable::Find(i32 id) {
  SystemVObject* object = objects_.front();
  while (object != nullptr && object->id != id) object = objects_.Next(object);
  return object;
}

SystemVObject* SystemVTable::FindByKey(i32 key) {
  SystemVObject* object = objects_.front();
  while (object != nullptr && (object->key != key || object->removed)) object = objects_.Next(object);
  return object;
}

i32 SystemVTable::highest() {
  i32 highest = 0;
  for (SystemVObject* object = objects_.front(); object != nullptr; object = objects_.Next(object))
    highest = std::max(highest, object->id);
  return highest;
}

}  // namespace caponier::mm
