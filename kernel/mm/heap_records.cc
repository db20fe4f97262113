#include "kernel/mm/heap_records.h"

#include "kernel/mm/kernel_space.h"
#include "kernel/report/crash.h"

namespace caponier::mm {
namespace {

constexpr u64 kRecordBits = 14;
constexpr u64 kBytes = sizeof(HeapRecord) << kRecordBits;

HeapRecord* g_records;

HeapRecord& RecordAt(u64 block) { return g_records[block * 0x9e37'79b9'7f4a'7c15 >> (64 - kRecordBits)]; }

void Fill(HeapRecord::Calls& calls, const void* frame) {
  u64 addresses[HeapRecord::kCalls];
  const size_t count = report::CallsFrom(reinterpret_cast<u64>(frame), addresses);
  for (size_t i = 0; i < HeapRecord::kCalls; i++) calls[i] = i < count ? report::OffsetInImage(addresses[i]) : 0;
}

}  // namespace

void StartHeapRecords() {
  const Result<KernelRegion> region = MapRegion("heap records", kBytes);
  if (region.ok()) g_records = reinterpret_cast<HeapRecord*>(region.value().begin);
}

bool HeapIsRecorded() { return g_records != nullptr; }

void RecordAllocation(const void* block, const void* frame) {
  HeapRecord& record = RecordAt(reinterpret_cast<u64>(block));
  record = {.block = reinterpret_cast<u64>(block), .allocated = {}, .freed = {}};
  Fill(record.allocated, frame);
}

void RecordFree(const void* block, const void* frame) {
  HeapRecord& record = RecordAt(reinterpret_cast<u64>(block));
  if (record.block == reinterpret_cast<u64>(block)) Fill(record.freed, frame);
}

const HeapRecord* FindHeapRecord(u64 block) {
  const HeapRecord& record = RecordAt(block);
  return record.block == block ? &record : nullptr;
}

}  // namespace caponier::mm
