#pragma once
// Counts every `operator new` of the test program that links counting_allocator.cpp.
long allocation_count();
