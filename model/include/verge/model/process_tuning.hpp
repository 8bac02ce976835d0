#pragma once

namespace verge {

// These functions tune speed and memory of a whole process, so they are for its main(). A host with
// settings of its own may leave them out.

/// Makes malloc keep freed gradient pages, which would otherwise be faulted in anew in every step.
/// Call it once at the start of main().
void tune_process_for_training();

/// Sets malloc up for threads that allocate messages of a MiB and free those of other threads. Call
/// it before other threads start.
void tune_process_for_serving();

}  // namespace verge
