// Figure files: the pictures that gnuplot makes of our scripts are read back and checked as a
// reader would.
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "runtime/png_pixels.hpp"
#include "runtime/report/curve_style.hpp"
#include "runtime/report/figures/gnuplot.hpp"
#include "runtime/sample_run.hpp"
#include "support/temporary_directory.hpp"
#include "verge/messages/errors.hpp"
#include "verge/runtime/report.hpp"

namespace {

using namespace verge;
namespace fs = std::filesystem;
using boost::property_tree::ptree;
using test::read_file;

/// The figures of runs, drawn into a folder that is removed at the end.
struct drawn {
  test::temporary_directory place;
  std::vector<fs::path> written;

  drawn(const std::vector<test::sample_run>& runs, figure_format format) {
    std::vector<fs::path> directories;
    for (const auto& run : runs) {
      directories.push_back(place / ("run" + std::to_string(directories.size())));
      test::write_sample_run(directories.back(), run);
    }
    written = write_report(directories, {place / "page.html", format});
  }

  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(place / "figures"))
      found.insert(entry.path().filename().string());
    return found;
  }
  std::string text(const std::string& name) const { return read_file(place / ("figures/" + name)); }
};

struct svg_curve {
  std::string name;
  std::string colour;
  std::string dash;
  std::string mark;
  /// The place of the name: its left end on the base line.
  double name_x = 0.0;
  double name_y = 0.0;
  /// Without the sample in the legend.
  std::vector<std::pair<double, double>> points;
};

struct svg_picture {
  double width = 0.0;
  double height = 0.0;
  std::vector<svg_curve> curves;
  std::vector<std::string> texts;
  std::size_t shapes = 0;
};

void walk(const ptree& node, const std::function<void(const std::string&, const ptree&)>& see) {
  for (const auto& [name, child] : node) {
    see(name, child);
    walk(child, see);
  }
}

std::vector<std::pair<double, double>> pairs_in(const std::string& path) {
  static const std::regex pair("[ML]\\s*([-0-9.]+),([-0-9.]+)");
  std::vector<std::pair<double, double>> points;
  for (std::sregex_iterator i(path.begin(), path.end(), pair), end; i != end; ++i)
    points.emplace_back(std::stod((*i)[1]), std::stod((*i)[2]));
  return points;
}

svg_curve curve_of(const ptree& plot) {
  svg_curve curve;
  walk(plot, [&](const std::string& name, const ptree& node) {
    const auto attribute = [&](const char* key) {
      return node.get<std::string>(std::string("<xmlattr>.") + key, "");
    };
    if (name == "g" && node.count("text") > 0) {
      curve.name = node.get<std::string>("text");
      const auto place =
          pairs_in("M" + attribute("transform").substr(std::string("translate(").size()));
      BOOST_REQUIRE_EQUAL(place.size(), 1);
      curve.name_x = place[0].first;
      curve.name_y = place[0].second;
    }
    if (name == "path") {
      curve.colour = attribute("stroke");
      curve.dash = attribute("stroke-dasharray");
      auto points = pairs_in(attribute("d"));
      if (curve.points.empty() && points.size() >= 2)
        points.erase(points.begin(), points.begin() + 2);
      curve.points.insert(curve.points.end(), points.begin(), points.end());
    }
    if (name == "use") curve.mark = attribute("xlink:href");
  });
  return curve;
}

/// Throws where the text is not XML.
svg_picture read_svg(const std::string& text) {
  std::istringstream in(text);
  ptree tree;
  boost::property_tree::read_xml(in, tree);
  svg_picture picture;
  const auto& svg = tree.get_child("svg");
  picture.width = svg.get<double>("<xmlattr>.width");
  picture.height = svg.get<double>("<xmlattr>.height");
  walk(svg, [&](const std::string& name, const ptree& node) {
    if (name == "text") picture.texts.push_back(node.data());
    if (name == "polygon" || name == "rect") ++picture.shapes;
    const auto id = node.get<std::string>("<xmlattr>.id", "");
    if (id.starts_with("gnuplot_plot_")) picture.curves.push_back(curve_of(node));
  });
  return picture;
}

bool has_text(const svg_picture& picture, const std::string& text) {
  return std::find(picture.texts.begin(), picture.texts.end(), text) != picture.texts.end();
}

/// The text as svg files write it.
std::string rgb(const std::string& hex) {
  const auto part = [&](std::size_t at) { return std::stoi(hex.substr(at, 2), nullptr, 16); };
  char text[32];
  std::snprintf(text, sizeof text, "rgb(%3d, %3d, %3d)", part(1), part(3), part(5));
  return text;
}

const std::vector<std::string> all_figures{"accuracy-by-epoch",      "accuracy-by-round",
                                           "accuracy-by-bytes",      "accuracy-by-bytes-up",
                                           "accuracy-by-bytes-down", "loss-by-epoch"};

/// Sets PATH for one test.
class other_path {
public:
  explicit other_path(const std::string& value) : before_(std::getenv("PATH")) {
    ::setenv("PATH", value.c_str(), 1);
  }
  ~other_path() { ::setenv("PATH", before_.c_str(), 1); }
  other_path(const other_path&) = delete;
  other_path& operator=(const other_path&) = delete;

private:
  std::string before_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(every_figure_of_the_page_is_a_file_beside_it) {
  const drawn three({test::three_arms()}, figure_format::svg);
  std::set<std::string> expected{"label-map.svg"};
  for (const auto& name : all_figures) expected.insert(name + ".svg");
  BOOST_TEST(three.names() == expected, boost::test_tools::per_element());
  BOOST_TEST(three.written.size() == expected.size() + 1);
  BOOST_TEST(three.written[0] == three.place / "page.html");
  for (const auto& file : three.written) BOOST_TEST(fs::file_size(file) > 1000u);
}

BOOST_AUTO_TEST_CASE(a_curve_has_all_its_points_its_name_and_the_colour_of_the_page) {
  const drawn three({test::three_arms()}, figure_format::svg);
  const auto picture = read_svg(three.text("accuracy-by-epoch.svg"));
  BOOST_REQUIRE_EQUAL(picture.curves.size(), 4);
  const std::vector<std::size_t> points{20, 47, 12};
  const std::vector<std::string> names{"centralized", "large-batch", "federated"};
  for (std::size_t i = 0; i < 3; ++i) {
    BOOST_TEST(picture.curves[i].name == names[i]);
    BOOST_TEST(picture.curves[i].points.size() == points[i]);
    BOOST_TEST(picture.curves[i].colour ==
               rgb(report::colour_on_paper("--arm-" + std::to_string(i))));
  }
  BOOST_TEST(picture.curves[3].name == "target 80 %");
  BOOST_TEST(has_text(picture, "epochs"));
  BOOST_TEST(has_text(picture, "test accuracy (%)"));
  // Accuracy grows, which is a smaller y.
  BOOST_TEST(picture.curves[2].points.back().second < picture.curves[2].points.front().second);
}

BOOST_AUTO_TEST_CASE(the_legend_says_which_arm_has_not_ended) {
  const test::temporary_directory place;
  test::write_sample_run(place / "run", test::three_arms());
  test::kill_sample_run(place / "run", "large-batch", 94);
  write_report({place / "run"}, {place / "page.html", figure_format::svg});
  const auto picture = read_svg(read_file(place / "figures/accuracy-by-epoch.svg"));
  BOOST_REQUIRE_EQUAL(picture.curves.size(), 3);  // with the target's
  BOOST_TEST(picture.curves[0].name == "centralized");
  BOOST_TEST(picture.curves[1].name == "large-batch (unfinished)");
}

BOOST_AUTO_TEST_CASE(axes_say_what_they_count_and_in_which_unit) {
  const drawn codecs({test::arms_with_codecs()}, figure_format::svg);
  BOOST_TEST(codecs.names().contains("accuracy-by-time.svg"));
  const std::map<std::string, std::string> titles{
      {"accuracy-by-round", "rounds, logarithmic"},
      {"accuracy-by-bytes", "sent, up and down (GB), logarithmic"},
      {"accuracy-by-bytes-up", "sent up (GB), logarithmic"},
      {"accuracy-by-time", "modelled time (s), logarithmic"},
      {"loss-by-epoch", "epochs"}};
  for (const auto& [name, title] : titles)
    BOOST_TEST(has_text(read_svg(codecs.text(name + ".svg")), title), name);
  // Centralized sends nothing, so it is not there.
  BOOST_TEST(read_svg(codecs.text("accuracy-by-bytes.svg")).curves.size() == 11);
  BOOST_TEST(read_svg(codecs.text("accuracy-by-time.svg")).curves.size() == 12);
}

BOOST_AUTO_TEST_CASE(curves_of_many_arms_look_different_without_their_colours) {
  auto other = test::three_arms();
  other.name = "other";
  other.held.clear();
  const drawn both({test::arms_with_codecs(), other}, figure_format::svg);
  const auto picture = read_svg(both.text("accuracy-by-epoch.svg"));
  BOOST_REQUIRE_EQUAL(picture.curves.size(), 15);
  BOOST_TEST(picture.curves[11].name == "other / centralized");
  std::set<std::string> grey, all;
  for (const auto& curve : picture.curves) {
    grey.insert(curve.dash + curve.mark);
    all.insert(curve.colour + curve.dash + curve.mark);
  }
  BOOST_TEST(grey.size() == 15);
  BOOST_TEST(all.size() == 15);
}

BOOST_AUTO_TEST_CASE(the_legend_stands_above_the_curves_and_inside_the_picture) {
  auto other = test::three_arms();
  other.name = "a-run-with-quite-a-long-name-as-they-are";
  for (const auto& runs : {std::vector{test::three_arms()}, {test::arms_with_codecs(), other}}) {
    const drawn figures(runs, figure_format::svg);
    for (const auto& name : all_figures) {
      const auto picture = read_svg(figures.text(name + ".svg"));
      double lowest_name = 0.0;
      double highest_point = picture.height;
      double lowest_point = 0.0;
      for (const auto& curve : picture.curves) {
        lowest_name = std::max(lowest_name, curve.name_y);
        // Wider than the average letter of a common typeface.
        BOOST_TEST(curve.name_x + 7.2 * static_cast<double>(curve.name.size()) < picture.width);
        for (const auto& [x, y] : curve.points) {
          highest_point = std::min(highest_point, y);
          lowest_point = std::max(lowest_point, y);
          BOOST_TEST((x > 0.0 && x < picture.width));
        }
      }
      BOOST_TEST(lowest_name < highest_point, name);
      BOOST_TEST(lowest_point < picture.height - 30.0, name);
      BOOST_TEST(lowest_point - highest_point > 0.3 * picture.height, name);
      // No two names have the same place, and no line of the legend covers another.
      for (const auto& one : picture.curves)
        for (const auto& two : picture.curves)
          if (&one != &two && std::abs(one.name_y - two.name_y) < 12.0)
            BOOST_TEST(std::abs(one.name_x - two.name_x) > 100.0, one.name << " and " << two.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(pictures_have_the_colour_of_each_arm) {
  const drawn three({test::three_arms()}, figure_format::png);
  for (const auto& name : all_figures) {
    const auto colours = test::png_colours(three.text(name + ".png"));
    const std::size_t first = name.find("bytes") == std::string::npos ? 0 : 1;
    for (std::size_t arm = first; arm < 3; ++arm) {
      const auto colour = report::colour_on_paper("--arm-" + std::to_string(arm));
      BOOST_TEST((colours.contains(colour) && colours.at(colour) > 300), name << ' ' << colour);
    }
    BOOST_TEST(colours.at("#ffffff") > 100'000u);
  }
  // The map: white, the full colour, and some between.
  BOOST_TEST(test::png_colours(three.text("label-map.png")).size() > 10u);
}

BOOST_AUTO_TEST_CASE(documents_are_whole) {
  const drawn three({test::three_arms()}, figure_format::pdf);
  for (const auto& name : three.names()) {
    const auto text = three.text(name);
    BOOST_TEST(text.starts_with("%PDF-"));
    BOOST_TEST(text.find("%%EOF") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(the_label_map_has_a_cell_for_each_device_and_label) {
  auto run = test::three_arms();
  run.held = {{1200, 0, 30}, {0, 0, 600}};
  const drawn figures({run}, figure_format::svg);
  const auto picture = read_svg(figures.text("label-map.svg"));
  BOOST_TEST(picture.shapes >= 6u);
  for (const char* text : {"device", "label", "samples of a label on a device"})
    BOOST_TEST(has_text(picture, text), text);
}

BOOST_AUTO_TEST_CASE(of_several_runs_each_has_a_label_map_of_its_own_name) {
  auto other = test::three_arms();
  other.name = "other";
  auto silent = test::three_arms();
  silent.held.clear();
  const drawn figures({test::three_arms(), silent, other}, figure_format::svg);
  const auto names = figures.names();
  BOOST_TEST(names.contains("label-map-1-quickstart-run0.svg"));
  BOOST_TEST(names.contains("label-map-3-other.svg"));
  BOOST_TEST(names.size() == all_figures.size() + 2);
}

BOOST_AUTO_TEST_CASE(names_are_texts_and_no_commands) {
  auto run = test::three_arms();
  run.arms.resize(1);
  const std::string nasty = "a'; system('touch hacked'); <b>_{x}^2 & \"`id`\" \\n %s é";
  run.arms[0].name = nasty;
  run.target_accuracy.reset();
  const drawn figures({run}, figure_format::svg);
  const auto picture = read_svg(figures.text("accuracy-by-epoch.svg"));
  BOOST_REQUIRE_EQUAL(picture.curves.size(), 1);
  BOOST_TEST(picture.curves[0].name == nasty);
  BOOST_TEST(!fs::exists("hacked"));
}

BOOST_AUTO_TEST_CASE(an_arm_that_was_never_evaluated_leaves_out_the_figures_that_would_be_blank) {
  test::temporary_directory place;
  auto run = test::three_arms();
  run.held.clear();
  test::write_sample_run(place.path(), run);
  auto ledger = read_file(place / "ledger.jsonl");
  ledger = std::regex_replace(ledger, std::regex("\"accuracy\":[0-9.]+"), "\"accuracy\":null");
  test::write_file(place / "ledger.jsonl", ledger);
  const auto written = write_report({place.path()}, {{}, figure_format::svg});
  BOOST_REQUIRE_EQUAL(written.size(), 2);
  BOOST_TEST(written[1].filename() == "loss-by-epoch.svg");
}

BOOST_AUTO_TEST_CASE(without_gnuplot_one_line_names_the_package_and_nothing_is_written) {
  test::temporary_directory place;
  test::write_sample_run(place.path(), test::three_arms());
  const other_path nothing_there(place.path().string());
  BOOST_CHECK_EXCEPTION(write_report({place.path()}, {{}, figure_format::svg}), bad_input,
                        [](const bad_input& e) {
                          const std::string text = e.what();
                          return text.find("gnuplot-nox") != std::string::npos &&
                                 text.find('\n') == std::string::npos;
                        });
  BOOST_TEST(!fs::exists(place / "report.html"));
  BOOST_TEST(!fs::exists(place / "figures"));
}

BOOST_AUTO_TEST_CASE(a_file_in_the_way_of_the_folder_is_refused_before_the_page_is_written) {
  test::temporary_directory place;
  test::write_sample_run(place.path(), test::three_arms());
  test::write_file(place / "figures", "in the way");
  BOOST_CHECK_EXCEPTION(
      write_report({place.path()}, {{}, figure_format::svg}), bad_input, [](const bad_input& e) {
        return std::string(e.what()).find("figures: cannot be made") != std::string::npos;
      });
  BOOST_TEST(!fs::exists(place / "report.html"));
}

BOOST_AUTO_TEST_CASE(what_gnuplot_complains_of_is_told_in_one_line) {
  BOOST_CHECK_EXCEPTION(report::run_gnuplot("set no_such_thing\n"), run_failure, [](const auto& e) {
    const std::string text = e.what();
    BOOST_TEST_MESSAGE(text);
    return text.starts_with("gnuplot drew no figure: line ") &&
           text.find('\n') == std::string::npos;
  });
}
