#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "model/codecs/stage_list.hpp"

using namespace verge;
using namespace verge::codecs;

namespace {

using values_of = std::vector<float>;

constexpr float infinite = std::numeric_limits<float>::infinity();

values_of normal_values(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::normal_distribution<float> normal;
  values_of values(size);
  std::generate(values.begin(), values.end(), [&] { return normal(random); });
  return values;
}

/// A sum of `rank` outer products, each half as large as the one before.
values_of matrix_of_rank(std::size_t rank, std::size_t rows, std::size_t columns,
                         std::uint64_t seed) {
  values_of matrix(rows * columns, 0.0f);
  for (std::size_t c = 0; c < rank; ++c) {
    const auto p = normal_values(rows, seed + 2 * c);
    const auto q = normal_values(columns, seed + 2 * c + 1);
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j)
        matrix[i * columns + j] += std::ldexp(p[i] * q[j], -static_cast<int>(c));
  }
  return matrix;
}

double norm_of(const values_of& values) {
  double squares = 0.0;
  for (const float value : values) squares += static_cast<double>(value) * value;
  return std::sqrt(squares);
}

/// One sender of one tensor, and its receiver.
struct exchange {
  exchange(const char* codec, std::uint32_t rows, std::uint32_t columns)
      : coder(make_tensor_coder(read_recipe(codec))) {
    tensor.rows = rows;
    tensor.columns = columns;
    memory.assign(coder->memory_size(tensor), 0.0f);
  }

  /// Sends `matrix`. Leaves in `remainder` and `received` what became of it.
  void send(const values_of& matrix) {
    tensor.memory = memory;
    work.out.clear();
    remainder = matrix;
    coder->encode(remainder, tensor, work);
    bytes.assign(work.out.bytes().begin(), work.out.bytes().end());
    BOOST_REQUIRE_EQUAL(receive(), "");
  }

  std::string receive() {
    auto known = tensor;
    known.memory = {};
    received.assign(std::size_t{tensor.rows} * tensor.columns, -1.0f);
    byte_reader in{bytes};
    auto why = coder->decode(in, known, work, received);
    if (why.empty() && in.left() > 0) why = "bytes are left";
    return why;
  }

  double relative_error(const values_of& matrix) const {
    return norm_of(remainder) / norm_of(matrix);
  }

  std::shared_ptr<const tensor_coder> coder;
  tensor_context tensor;
  workspace work;
  values_of memory;
  values_of remainder;
  values_of received;
  std::vector<std::byte> bytes;
};

void put_float(exchange& to, std::size_t place, float value) {
  std::memcpy(to.bytes.data() + place * sizeof value, &value, sizeof value);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(powersgd_test)

BOOST_AUTO_TEST_CASE(the_factors_are_all_that_is_sent) {
  for (const auto& [codec, rank] : {std::pair{"powersgd(1)", 1u}, {"powersgd(3)", 3u}}) {
    exchange e{codec, 20, 45};
    e.send(normal_values(900, 1));
    BOOST_TEST(e.bytes.size() == (20 + 45) * rank * sizeof(float));
    BOOST_TEST(e.memory.size() == 45 * rank);
  }
}

BOOST_AUTO_TEST_CASE(what_is_left_is_what_the_receiver_is_short_of) {
  for (const auto& [rows, columns] : {std::pair{37u, 53u}, {64u, 576u}, {10u, 1537u}, {700u, 9u}}) {
    exchange e{"powersgd(2)", rows, columns};
    const auto matrix = normal_values(std::size_t{rows} * columns, rows);
    for (int i = 0; i < 3; ++i) {
      e.send(matrix);
      auto short_of = matrix;
      for (std::size_t k = 0; k < matrix.size(); ++k) short_of[k] -= e.received[k];
      BOOST_TEST((short_of == e.remainder));
      BOOST_TEST(norm_of(e.remainder) < norm_of(matrix));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_matrix_of_no_higher_rank_arrives_but_for_rounding) {
  for (const auto& [codec, rank] : {std::pair{"powersgd(1)", 1u},
                                    {"powersgd(2)", 2u},
                                    {"powersgd(4)", 4u},
                                    {"powersgd(7)", 7u}})
    for (std::size_t of = 1; of <= rank; ++of) {
      exchange e{codec, 60, 130};
      const auto matrix = matrix_of_rank(of, 60, 130, 10 * of);
      for (int i = 0; i < 3; ++i) {
        e.send(matrix);
        BOOST_TEST_CONTEXT(codec << ", a matrix of rank " << of << ", encoding " << i)
        BOOST_TEST(e.relative_error(matrix) < 1e-5);
      }
    }
}

/// A column of Q that found nothing would stay zero for ever, and so would M times it.
BOOST_AUTO_TEST_CASE(the_rank_is_used_in_full_after_matrices_of_lower_rank) {
  exchange e{"powersgd(3)", 60, 130};
  e.send(values_of(60 * 130, 0.0f));
  BOOST_TEST(norm_of(e.received) == 0.0);
  const auto one = matrix_of_rank(1, 60, 130, 3);
  e.send(one);
  BOOST_TEST(e.relative_error(one) < 1e-5);
  values_of single(60 * 130, 0.0f);
  single[5 * 130] = 2.0f;
  e.send(single);
  BOOST_TEST(e.relative_error(single) < 1e-5);
  const auto three = matrix_of_rank(3, 60, 130, 5);
  e.send(three);
  BOOST_TEST(e.relative_error(three) < 1e-5);
}

BOOST_AUTO_TEST_CASE(the_warm_start_nears_the_best_approximation) {
  constexpr std::size_t rows = 40;
  constexpr std::size_t columns = 90;
  values_of matrix(rows * columns, 0.0f);
  // The singular values lie along axes. The best approximation of rank 2 leaves the last three.
  const float singular[] = {8, 4, 1, 1, 1};
  for (std::size_t i = 0; i < 5; ++i) matrix[(7 * i + 3) * columns + 11 * i + 2] = singular[i];
  const double best = std::sqrt(3.0);
  exchange e{"powersgd(2)", rows, columns};
  e.send(matrix);
  const double first = norm_of(e.remainder);
  for (int i = 0; i < 12; ++i) e.send(matrix);
  BOOST_TEST(first > best);
  BOOST_TEST(norm_of(e.remainder) < best * 1.001);
  BOOST_TEST(norm_of(e.remainder) > best * 0.999);
}

BOOST_AUTO_TEST_CASE(with_what_was_left_everything_is_sent_in_the_end) {
  exchange e{"powersgd(2)", 24, 36};
  const auto matrix = normal_values(24 * 36, 6);
  values_of sum(matrix.size(), 0.0f);
  auto owed = matrix;
  for (int i = 0; i < 60; ++i) {
    e.send(owed);
    owed = e.remainder;
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += e.received[k];
  }
  BOOST_TEST(norm_of(owed) < 1e-3 * norm_of(matrix));
  for (std::size_t k = 0; k < sum.size(); ++k)
    BOOST_TEST(std::fabs(sum[k] + owed[k] - matrix[k]) < 1e-5);
}

BOOST_AUTO_TEST_CASE(all_senders_begin_with_the_same_subspace) {
  const auto matrix = normal_values(30 * 40, 7);
  exchange a{"powersgd(2)", 30, 40};
  exchange b{"powersgd(2)", 30, 40};
  b.tensor.key = 99;
  b.tensor.round = 5;
  a.send(matrix);
  b.send(matrix);
  BOOST_TEST((a.bytes == b.bytes));
}

BOOST_AUTO_TEST_CASE(tensors_whose_factors_are_no_smaller_travel_dense) {
  // (6 + 12) * 4 = 6 * 12.
  exchange dense{"powersgd(4)", 6, 12};
  const auto matrix = normal_values(72, 8);
  dense.send(matrix);
  BOOST_TEST(dense.memory.empty());
  BOOST_TEST(dense.bytes.size() == 72 * sizeof(float));
  BOOST_TEST((dense.received == matrix));
  BOOST_TEST(norm_of(dense.remainder) == 0.0);

  exchange factors{"powersgd(4)", 6, 13};
  BOOST_TEST(factors.memory.size() == 13u * 4u);
}

BOOST_AUTO_TEST_CASE(nothing_is_chosen_and_the_error_is_to_be_kept) {
  const exchange e{"powersgd(4)", 60, 130};
  BOOST_TEST(!e.coder->chooses());
  BOOST_TEST(!e.coder->unbiased());
}

BOOST_AUTO_TEST_CASE(factors_that_are_not_finite_or_too_large_are_refused) {
  exchange e{"powersgd(2)", 30, 41};
  e.send(normal_values(30 * 41, 9));
  const auto honest = e.bytes;
  for (const std::size_t place : {0u, 31u, 59u, 60u, 101u, 141u})
    for (const float value : {std::nanf(""), infinite, -infinite, 1e30f}) {
      e.bytes = honest;
      put_float(e, place, value);
      const auto why = e.receive();
      BOOST_TEST_CONTEXT("factor " << place << " is " << value)
      BOOST_TEST(why.starts_with("factors with a product of "));
    }
}

BOOST_AUTO_TEST_CASE(factors_cut_anywhere_are_refused) {
  exchange e{"powersgd(1)", 10, 12};
  e.send(normal_values(120, 10));
  const auto whole = e.bytes;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    e.bytes.assign(whole.begin(), whole.begin() + length);
    BOOST_TEST(e.receive() == "cut within its factors");
  }
}

BOOST_AUTO_TEST_CASE(an_update_gone_wrong_does_not_spoil_the_next) {
  exchange e{"powersgd(2)", 30, 41};
  // The matrix is small, so that Q is. Then P is finite, and the next Q is not.
  auto matrix = normal_values(30 * 41, 11);
  for (auto& value : matrix) value *= 1e-3f;
  e.send(matrix);
  e.tensor.memory = e.memory;
  e.remainder.assign(matrix.size(), std::numeric_limits<float>::max());
  e.coder->encode(e.remainder, e.tensor, e.work);
  matrix = matrix_of_rank(2, 30, 41, 12);
  e.send(matrix);
  BOOST_TEST(e.relative_error(matrix) < 1e-5);
}

BOOST_AUTO_TEST_SUITE_END()
