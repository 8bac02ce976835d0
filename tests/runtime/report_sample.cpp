// Writes a made-up run directory and its report: report_sample DIRECTORY [codecs]. What the browser
// test looks at: three arms, or eleven of which most have codecs.
#include <cstdio>
#include <exception>
#include <string_view>

#include "runtime/sample_run.hpp"
#include "verge/runtime/report.hpp"

int main(int argc, char** argv) {
  const bool with_codecs = argc == 3 && std::string_view(argv[2]) == "codecs";
  if (argc != 2 && !with_codecs) {
    std::fprintf(stderr, "usage: report_sample DIRECTORY [codecs]\n");
    return 2;
  }
  try {
    verge::test::write_sample_run(
        argv[1], with_codecs ? verge::test::arms_with_codecs() : verge::test::three_arms());
    verge::write_report(argv[1]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "report_sample: %s\n", e.what());
    return 1;
  }
}
