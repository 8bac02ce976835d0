#include "runtime/report/lost_updates.hpp"

#include <fmt/format.h>

#include "runtime/report/html_table.hpp"
#include "runtime/report/page_section.hpp"
#include "runtime/report/units.hpp"

namespace verge::report {
namespace {

/// Maximum number of rows in the table; the ledger has all.
constexpr std::size_t most_rows = 200;

std::string table_of(const std::vector<ledger_line>& ledger) {
  std::string rows;
  std::size_t rounds = 0, missed = 0;
  for (const auto& line : ledger) {
    const auto& r = line.round;
    missed += r.used == 0;
    if (r.late == 0 && r.lost == 0 && r.refused == 0) continue;
    if (++rounds > most_rows) continue;
    rows += "<tr>" + row_header(line.arm);
    for (const auto count : {r.round.value, r.cohort, r.used, r.late, r.lost, r.refused}) {
      rows += cell(count_text(count));
    }
    rows += "</tr>\n";
  }
  if (rounds == 0) return {};
  auto note =
      fmt::format("{} of {} rounds lost an update.", count_text(rounds), count_text(ledger.size()));
  if (missed > 0)
    note +=
        fmt::format(" {} missed {} quorum, and nothing of {} is in the model.", count_text(missed),
                    missed == 1 ? "its" : "their", missed == 1 ? "it" : "them");
  if (rounds > most_rows) {
    note += fmt::format(" The first {} are shown; ledger.jsonl has all.", most_rows);
  }
  const auto head = "<tr>" + first_column_header("arm") +
                    column_headers({"round", "asked", "used", "late", "lost", "refused"}) +
                    "</tr>\n";
  return boxed_table("Rounds that lost updates", head, rows, note, "tall fit");
}

}  // namespace

std::string lost_updates_section(const std::vector<run_record>& runs) {
  return section_by_run(
      "losses-title", "Rounds that lost updates", runs,
      [](const auto& run) { return table_of(run.ledger); },
      "<p>Devices whose updates did not count: a late one came after its round was closed, a lost "
      "one never came, a refused one came and was not valid.</p>\n");
}

}  // namespace verge::report
