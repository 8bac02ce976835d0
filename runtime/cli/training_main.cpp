// The program behind `verge`, with all commands and LibTorch. `verge` starts it for those that
// train.

#include "runtime/cli/program.hpp"
#include "verge/model/process_tuning.hpp"

int main(int argc, char** argv) {
  namespace cli = verge::cli;
  verge::tune_process_for_training();
  return cli::run_program(argc, argv,
                          {cli::add_run, cli::add_server, cli::add_device, cli::add_up,
                           cli::add_keys, cli::add_report, cli::add_advise});
}
