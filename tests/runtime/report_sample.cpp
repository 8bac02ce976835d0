// Writes made-up run directories and a report for the browser test: report_sample DIRECTORY
// [codecs|runs|seeds]. It has three arms, or eleven of which most have codecs, or seventeen of
// three runs, or two with three seeds.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string_view>
#include <vector>

#include "runtime/sample_run.hpp"
#include "verge/runtime/report.hpp"

namespace {

namespace fs = std::filesystem;

void write_one(const fs::path& directory, const verge::test::sample_run& run) {
  verge::test::write_sample_run(directory, run);
  verge::write_report(directory);
}

/// Two runs of one name, one of them with another target, and a run of another name.
void write_several(const fs::path& directory) {
  const std::vector<fs::path> runs{directory / "monday", directory / "friday",
                                   directory / "codecs"};
  auto friday = verge::test::three_arms();
  friday.target_accuracy = 0.7;
  friday.arms[2].rounds = 20;
  verge::test::write_sample_run(runs[0], verge::test::three_arms());
  verge::test::write_sample_run(runs[1], friday);
  verge::test::write_sample_run(runs[2], verge::test::arms_with_codecs());
  verge::write_report(runs, {directory / "report.html", {}});
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc == 3 ? argv[2] : "";
  if (argc < 2 || argc > 3 ||
      (argc == 3 && kind != "codecs" && kind != "runs" && kind != "seeds")) {
    std::fprintf(stderr, "usage: report_sample DIRECTORY [codecs|runs|seeds]\n");
    return 2;
  }
  try {
    if (kind == "runs")
      write_several(argv[1]);
    else
      write_one(argv[1], kind == "codecs"  ? verge::test::arms_with_codecs()
                         : kind == "seeds" ? verge::test::three_seeds()
                                           : verge::test::three_arms());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "report_sample: %s\n", e.what());
    return 1;
  }
}
