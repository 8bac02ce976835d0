#include "messages/node_messages.hpp"

#include <boost/test/unit_test.hpp>
#include <random>

using namespace verge;

namespace {

run_terms some_terms() {
  run_terms terms;
  terms.run_id = std::string(run_id_bytes, '\x7f');
  terms.experiment = "tills";
  terms.arm = "large-batch";
  terms.seed = 1ull << 62;
  terms.devices = 500;
  terms.cohort = 50;
  terms.codec_up = "topk(0.01)";
  terms.codec_down = "model";
  terms.network = "cnn";
  terms.norm = "batch";
  terms.shares_statistics = false;
  terms.shares_controls = true;
  terms.channels = 1;
  terms.height = 28;
  terms.width = 27;
  terms.classes = 10;
  terms.data_name = "fashion-mnist";
  terms.train_samples = 60000;
  terms.partition = "iid";
  terms.mean = {0.25f};
  terms.deviation = {0.5f};
  terms.flip = true;
  terms.crop_padding = 4;
  terms.data_samples = 59000;
  terms.labels_hash = std::string(labels_hash_bytes, '\xa5');
  return terms;
}

/// A damaged message must be refused or still be a value. Decoding must not read beyond it, which
/// sanitizers check.
template <class T>
void decode_broken(const T& value) {
  const auto whole = seal(value).frame().flatten();
  std::mt19937 random{7};
  for (std::size_t size = 0; size < whole.size(); size += 8) {
    const auto cut = frame::parse(std::span{whole}.first(size));
    if (cut) (void)unseal(sealed<T>{*cut});
  }
  for (int i = 0; i < 5000; ++i) {
    auto bytes = whole;
    for (int changes = 1 + static_cast<int>(random() % 3); changes > 0; --changes)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto parsed = frame::parse(bytes);
    if (parsed) (void)unseal(sealed<T>{*parsed});
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(node_messages)

BOOST_AUTO_TEST_CASE(a_hello_comes_back_as_it_was) {
  const auto got = unseal(seal(hello{3, "till-7"}));
  BOOST_REQUIRE(got);
  BOOST_TEST(got->protocol == 3u);
  BOOST_TEST(got->name == "till-7");
}

BOOST_AUTO_TEST_CASE(a_name_that_no_log_should_show_is_refused) {
  for (const std::string name :
       {"", "-rf", ".hidden", "two words", "new\nline", "a/b", "\x1b[2J", "t\xc3\xb6lz"}) {
    BOOST_TEST(!is_device_name(name), name);
    BOOST_TEST(!unseal(seal(hello{1, name})), name);
  }
  BOOST_TEST(!is_device_name(std::string(65, 'a')));
  for (const std::string name : {"a", "7", "till-7.shop_3", "A"}) BOOST_TEST(is_device_name(name));
  BOOST_TEST(is_device_name(std::string(64, 'a')));
}

BOOST_AUTO_TEST_CASE(an_invitation_comes_back_as_it_was) {
  const auto got = unseal(seal(invitation{{}, std::string(challenge_bytes, '\0'), some_terms()}));
  BOOST_REQUIRE(got);
  BOOST_TEST((got->terms == some_terms()));
  BOOST_TEST(got->challenge == std::string(challenge_bytes, '\0'));
  BOOST_TEST(got->refused_because == "");
}

BOOST_AUTO_TEST_CASE(a_refused_invitation_says_what_to_do) {
  const auto over = unseal(seal(invitation{"the run has ended", {}, {}, true, false}));
  BOOST_REQUIRE(over);
  BOOST_TEST(over->refused_because == "the run has ended");
  BOOST_TEST(over->is_over);
  BOOST_TEST(!over->come_back);
  const auto later = unseal(seal(invitation{"not yet", {}, {}, false, true}));
  BOOST_TEST(later->come_back);
}

BOOST_AUTO_TEST_CASE(terms_that_make_no_sense_are_refused) {
  const auto refused = [](auto change) {
    auto terms = some_terms();
    change(terms);
    const auto got = unseal(seal(invitation{{}, {}, terms}));
    return got ? std::string{} : got.reason();
  };
  BOOST_TEST(refused([](run_terms&) {}) == "");
  BOOST_TEST(refused([](run_terms& t) { t.run_id = "short"; }) ==
             "invitation: a run id of 5 bytes; expected 16");
  BOOST_TEST(refused([](run_terms& t) { t.devices = 0; }) == "invitation: a run of 0 devices");
  BOOST_TEST(refused([](run_terms& t) {
               t.mean = {1, 2};
             }) == "invitation: 2 means and 1 deviations; expected one a channel, at most 64");
  BOOST_TEST(refused([](run_terms& t) { t.labels_hash = "short"; }) ==
             "invitation: a hash of labels of 5 bytes; expected 32");
  BOOST_TEST(!unseal(seal(invitation{{}, "too short", some_terms()})));
}

BOOST_AUTO_TEST_CASE(a_proof_comes_back_as_it_was) {
  for (const std::optional<device_id> wants :
       {std::optional<device_id>{}, std::optional{device_id{0}}, std::optional{device_id{41}}}) {
    const auto got = unseal(seal(proof{std::string(64, 's'), wants}));
    BOOST_REQUIRE(got);
    BOOST_TEST((got->wants == wants));
    BOOST_TEST(got->signature == std::string(64, 's'));
  }
  BOOST_TEST(!unseal(seal(proof{std::string(65, 's'), {}})));
}

BOOST_AUTO_TEST_CASE(an_admission_and_the_end_of_a_run_come_back_as_they_were) {
  const auto admitted = unseal(seal(admission{"no", device_id{9}}));
  BOOST_REQUIRE(admitted);
  BOOST_TEST(admitted->refused_because == "no");
  BOOST_TEST(admitted->device.value == 9u);
  const auto over = unseal(seal(run_over{"the quorum", true}));
  BOOST_TEST(over->failure == "the quorum");
  BOOST_TEST(over->is_unfinished);
}

BOOST_AUTO_TEST_CASE(what_a_device_declines_with_is_one_line_of_bounded_length) {
  const auto got = unseal(seal(decline{"no such\nnetwork"}));
  BOOST_REQUIRE(got);
  BOOST_TEST(got->reason == "no such?network");
  BOOST_TEST(unseal(seal(decline{std::string(5000, 'x')}))->reason == std::string(512, 'x'));
  BOOST_TEST(!unseal(seal(decline{})));
}

BOOST_AUTO_TEST_CASE(what_is_signed_differs_for_every_run_challenge_and_name) {
  const std::string run(run_id_bytes, 'r'), other_run(run_id_bytes, 'q');
  const std::string challenge(challenge_bytes, 'c'), other(challenge_bytes, 'd');
  const auto text = text_to_sign(run, challenge, "till-7");
  BOOST_TEST(text != text_to_sign(other_run, challenge, "till-7"));
  BOOST_TEST(text != text_to_sign(run, other, "till-7"));
  BOOST_TEST(text != text_to_sign(run, challenge, "till-8"));
}

BOOST_AUTO_TEST_CASE(broken_messages_are_refused_or_are_values) {
  decode_broken(hello{1, "till-7"});
  decode_broken(invitation{{}, std::string(challenge_bytes, 'x'), some_terms()});
  decode_broken(proof{std::string(64, 's'), device_id{3}});
  decode_broken(admission{"no", device_id{9}});
  decode_broken(run_over{"the quorum"});
  decode_broken(decline{"no such network"});
}

BOOST_AUTO_TEST_SUITE_END()
