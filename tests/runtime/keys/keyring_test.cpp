#include "verge/runtime/keyring.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "messages/node_messages.hpp"
#include "runtime/keys/certificate.hpp"
#include "runtime/keys/private_key.hpp"
#include "support/temporary_directory.hpp"
#include "verge/messages/errors.hpp"

using namespace verge;
using verge::test::temporary_directory;

namespace {

namespace fs = std::filesystem;

std::string problem_of(const std::function<void()>& step) {
  try {
    step();
    return "";
  } catch (const bad_input& e) {
    return e.what();
  }
}

unsigned mode_of(const fs::path& file) {
  struct stat status {};
  BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
  return status.st_mode & 0777u;
}

struct keys_setup {
  temporary_directory scratch;
  fs::path folder = scratch.path() / "keys";
  keyring keys = keyring::init(folder);
};

}  // namespace

BOOST_AUTO_TEST_SUITE(keyring_test)

BOOST_AUTO_TEST_CASE(a_new_keyring_has_what_the_server_needs_and_no_device) {
  keys_setup s;
  BOOST_TEST(s.keys.devices().empty());
  const auto files = server_tls_files(s.folder);
  const auto authority = certificate::read(files.authority);
  BOOST_TEST(certificate::read(files.certificate).is_issued_by(authority));
  for (const char* key : {"ca-key.pem", "server-key.pem"})
    BOOST_TEST(mode_of(s.folder / key) == 0600u);
}

BOOST_AUTO_TEST_CASE(a_keyring_is_never_replaced) {
  keys_setup s;
  const auto before = certificate::read(s.folder / "ca.pem").name();
  BOOST_TEST(problem_of([&] { keyring::init(s.folder); }) ==
             (s.folder / "ca.pem").string() + ": is there already; a keyring is not replaced");
  BOOST_TEST(problem_of([&] {
               keyring::open(s.folder / "elsewhere");
             }).find("there is no devices.toml") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(devices_are_listed_in_the_order_in_which_they_were_added) {
  keys_setup s;
  for (const std::string name : {"till-2", "till-10", "till-1"}) {
    const auto place = s.keys.add_device(name);
    BOOST_TEST(place == s.folder / "devices" / name);
    BOOST_TEST(device_name_in(place) == name);
    BOOST_TEST(mode_of(place / "device-key.pem") == 0600u);
    device_tls_files(place);
  }
  const auto listed = keyring::open(s.folder).devices();
  BOOST_REQUIRE(listed.size() == 3u);
  BOOST_TEST(listed[0].name == "till-2");
  BOOST_TEST(listed[1].name == "till-10");
  BOOST_TEST(listed[2].name == "till-1");
  BOOST_TEST(listed[1].public_key != listed[2].public_key);
}

BOOST_AUTO_TEST_CASE(names_are_checked_and_used_once) {
  keys_setup s;
  s.keys.add_device("till-1");
  BOOST_TEST(problem_of([&] { s.keys.add_device("till-1"); }) ==
             "device 'till-1' is listed already in " + (s.folder / "devices.toml").string());
  for (const std::string name : {"", "../ca", ".x", "a b"})
    BOOST_TEST(problem_of([&] { s.keys.add_device(name); }).find("expected 1 to 64 letters") !=
               std::string::npos);
  s.keys.revoke("till-1");
  BOOST_TEST(problem_of([&] { s.keys.add_device("till-1"); }) != "");
  BOOST_TEST(problem_of([&] { s.keys.revoke("till-2"); }) ==
             "device 'till-2' is not listed in " + (s.folder / "devices.toml").string());
}

BOOST_AUTO_TEST_CASE(a_listed_device_proves_its_name_and_no_other) {
  keys_setup s;
  const auto place = s.keys.add_device("till-1");
  const auto other = s.keys.add_device("till-2");
  const auto known = devices_listed_in(s.folder);
  BOOST_TEST(known->why_not("till-1") == "");
  BOOST_TEST(known->why_not("till-3") == "'till-3' is not a known device");
  const auto challenge = known->new_challenge();
  BOOST_TEST(challenge.size() == challenge_bytes);
  BOOST_TEST(challenge != known->new_challenge());
  const auto text = text_to_sign(std::string(run_id_bytes, 'r'), challenge, "till-1");
  const auto signature = sign_as_device(place, text);
  BOOST_TEST(known->proves("till-1", text, signature));
  BOOST_TEST(!known->proves("till-2", text, signature));
  BOOST_TEST(!known->proves("till-1", text + " ", signature));
  BOOST_TEST(!known->proves("till-1", text, sign_as_device(other, text)));
  BOOST_TEST(!known->proves("till-1", text, ""));
  BOOST_TEST(!known->proves("till-3", text, signature));
}

BOOST_AUTO_TEST_CASE(what_is_added_or_revoked_holds_at_once) {
  keys_setup s;
  const auto known = devices_listed_in(s.folder);
  const auto place = s.keys.add_device("till-1");
  BOOST_TEST(known->why_not("till-1") == "");
  s.keys.revoke("till-1");
  BOOST_TEST(known->why_not("till-1") == "'till-1' has been revoked");
  BOOST_TEST(!known->proves("till-1", "text", sign_as_device(place, "text")));
  BOOST_TEST(s.keys.devices()[0].revoked);
}

BOOST_AUTO_TEST_CASE(a_list_that_cannot_be_read_lets_nobody_in) {
  keys_setup s;
  const auto place = s.keys.add_device("till-1");
  const auto known = devices_listed_in(s.folder);
  for (const std::string text :
       {"[[device", "[[device]]\npublic_key = \"AA==\"\n",
        "[[device]]\nname = \"till-1\"\npublic_key = \"AA==\"\n",
        "[[device]]\nname = \"till-1\"\npublic_key = \"not base64\"\n",
        "[[device]]\nname = \"till-1\"\n", "[device]\nname = \"till-1\"\n",
        "[[device]]\nname = \"till-1\"\npublic_key = \"AA==\"\nrevoked = \"yes\"\n"}) {
    std::ofstream{s.folder / "devices.toml"} << text;
    const auto why = problem_of([&] { known->why_not("till-1"); });
    BOOST_TEST(why.find((s.folder / "devices.toml").string()) == 0u, why);
    BOOST_TEST(why.find('\n') == std::string::npos);
    BOOST_TEST(!known->proves("till-1", "text", sign_as_device(place, "text")));
    BOOST_TEST(problem_of([&] { s.keys.devices(); }) != "");
  }
}

BOOST_AUTO_TEST_CASE(files_that_do_not_belong_together_are_named) {
  keys_setup s;
  const auto place = s.keys.add_device("till-1");
  const auto other = s.keys.add_device("till-2");
  const auto wrong = [&](const fs::path& from, const char* file) {
    const auto copy = s.scratch.path() / "copy";
    fs::remove_all(copy);
    fs::copy(place, copy);
    fs::remove(copy / file);
    if (!from.empty()) fs::copy_file(from, copy / file);
    const auto problem = problem_of([&] { device_tls_files(copy); });
    return problem.substr(std::min(problem.size(), copy.string().size() + 1));
  };
  BOOST_TEST(
      wrong(other / "device-key.pem", "device-key.pem").find("device-key.pem: is not the key of") ==
      0u);
  BOOST_TEST(wrong({}, "device-key.pem") ==
             "device-key.pem: cannot be read: No such file or directory");
  BOOST_TEST(wrong(place / "device.pem", "device-key.pem")
                 .find("device-key.pem: holds no Ed25519 private key") == 0u);
  BOOST_TEST(wrong(place / "device-key.pem", "device.pem") ==
             "device.pem: holds no certificate in PEM");
  const auto elsewhere = keyring::init(s.scratch.path() / "elsewhere");
  BOOST_TEST(wrong(elsewhere.folder() / "ca.pem", "ca.pem").find("device.pem: was not issued by") ==
             0u);
}

BOOST_AUTO_TEST_CASE(base64_comes_back_as_it_was) {
  for (std::size_t size = 0; size < 70; ++size) {
    const auto bytes = random_bytes(size);
    if (size > 0) BOOST_TEST(from_base64(to_base64(bytes)) == bytes);
  }
  BOOST_TEST(to_base64("Man") == "TWFu");
  for (const std::string text : {"", "a", "ab=c", "####", "TWF"})
    BOOST_TEST(problem_of([&] { from_base64(text); }) != "", text);
}

BOOST_AUTO_TEST_SUITE_END()
