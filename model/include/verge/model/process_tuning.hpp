#pragma once

namespace verge {

// Speed and memory of a whole process, for its main(): a host with settings of its own may leave them out.

/// A malloc that keeps freed gradient pages instead of faulting them in anew in every step. Call once at the start of
/// main().
void tune_process_for_training();

/// A malloc for threads that make messages of a MiB for each other to free. Call before there are threads.
void tune_process_for_serving();

}  // namespace verge
