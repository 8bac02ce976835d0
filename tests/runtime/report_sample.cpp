// Writes a made-up run directory and its report: report_sample DIRECTORY. What the browser test
// looks at.
#include <cstdio>
#include <exception>

#include "runtime/sample_run.hpp"
#include "verge/runtime/report.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: report_sample DIRECTORY\n");
    return 2;
  }
  try {
    verge::test::write_sample_run(argv[1], verge::test::three_arms());
    verge::write_report(argv[1]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "report_sample: %s\n", e.what());
    return 1;
  }
}
