#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "model/codecs/scales.hpp"
#include "model/codecs/stage_list.hpp"
#include "model/random/random.hpp"
#include "model/text/target_clones.hpp"

// powersgd(r): a matrix M (rows x columns) as the product of two factors of rank r (Vogels et al.
// 2019, algorithm 1), which one step of subspace iteration finds:
//     P = M Q,   with the Q of the tensor's last encoding
//     orthonormalise the columns of P
//     Q = M^T P
// The wire has P, then Q, column after column, as float32. What is left is M - P Q^T.
//
// In the paper P and Q are averaged over the workers as they are made, so that all hold one pair of
// factors. That suits an all-reduce. In a star it takes a second round trip with a barrier in the
// middle of the round, and a device that is lost between the two spoils the factors of all others.
// So here every device sends factors of its own, in one exchange. A refused update can then go back
// whole into the residual of the device that made it.
//
// A tensor whose factors are no smaller than itself is sent as float32.

namespace verge::codecs {

namespace {

constexpr number_rule a_rank{1.0, false, 64.0, true, "a whole number from 1 to 64"};

/// Number of columns of the factors that are processed together, so that M is read less often.
constexpr std::size_t together = 4;
constexpr std::size_t lanes = 16;
/// Number of columns of M whose products are formed together.
constexpr std::size_t strip = 512;

/// A factor, column after column.
struct factor {
  float* values = nullptr;
  std::size_t length = 0;

  float* column(std::size_t c) const { return values + c * length; }
};

// -- products with M ------------------------------------------------------------------------------

/// Dot products of `row` and `count` columns of q, starting with column `c`. The sums are kept in a
/// fixed number of lanes, which gives the same bits on every processor.
template <std::size_t count>
VERGE_ALWAYS_INLINE void dot(const float* row, const factor& q, std::size_t c, float* out) {
  float sums[count][lanes] = {};
  const float* columns[count];
  for (std::size_t k = 0; k < count; ++k) columns[k] = q.column(c + k);
  const std::size_t whole = q.length / lanes * lanes;
  for (std::size_t j = 0; j < whole; j += lanes)
    for (std::size_t k = 0; k < count; ++k)
      for (std::size_t l = 0; l < lanes; ++l) sums[k][l] += row[j + l] * columns[k][j + l];
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t j = whole; j < q.length; ++j) sums[k][j - whole] += row[j] * columns[k][j];
    for (std::size_t width = lanes / 2; width > 0; width /= 2)
      for (std::size_t l = 0; l < width; ++l) sums[k][l] += sums[k][l + width];
    out[k] = sums[k][0];
  }
}

/// p = M q.
VERGE_TARGET_CLONES
void multiply(const float* matrix, const factor& q, std::size_t rank, const factor& p) {
  for (std::size_t i = 0; i < p.length; ++i) {
    const float* row = matrix + i * q.length;
    float products[together];
    std::size_t c = 0;
    for (; c + together <= rank; c += together) {
      dot<together>(row, q, c, products);
      for (std::size_t k = 0; k < together; ++k) p.column(c + k)[i] = products[k];
    }
    for (; c < rank; ++c) dot<1>(row, q, c, p.column(c) + i);
  }
}

/// Adds `count` rows of M, starting with `row`, times `weights`, to a column of q.
template <std::size_t count>
VERGE_ALWAYS_INLINE void add_rows(const float* row, std::size_t length, const float* weights,
                                  float* __restrict column) {
  for (std::size_t j = 0; j < length; ++j) {
    float sum = column[j];
    for (std::size_t k = 0; k < count; ++k) sum += weights[k] * row[k * length + j];
    column[j] = sum;
  }
}

/// q = M^T p.
VERGE_TARGET_CLONES
void multiply_transposed(const float* matrix, const factor& p, std::size_t rank, const factor& q) {
  std::fill_n(q.values, rank * q.length, 0.0f);
  std::size_t i = 0;
  for (; i + together <= p.length; i += together)
    for (std::size_t c = 0; c < rank; ++c)
      add_rows<together>(matrix + i * q.length, q.length, p.column(c) + i, q.column(c));
  for (; i < p.length; ++i)
    for (std::size_t c = 0; c < rank; ++c)
      add_rows<1>(matrix + i * q.length, q.length, p.column(c) + i, q.column(c));
}

/// Row `i` of p q^T, `count` values from `first` on. Encoder and decoder compute it alike, so what
/// the encoder keeps is what the decoder lacks, to the last bit.
VERGE_ALWAYS_INLINE void product(const factor& p, const factor& q, std::size_t rank, std::size_t i,
                                 std::size_t first, std::size_t count, float* __restrict out) {
  const float weight = p.column(0)[i];
  const float* column = q.column(0) + first;
  for (std::size_t j = 0; j < count; ++j) out[j] = weight * column[j];
  for (std::size_t c = 1; c < rank; ++c) {
    const float weight_c = p.column(c)[i];
    const float* column_c = q.column(c) + first;
    for (std::size_t j = 0; j < count; ++j) out[j] += weight_c * column_c[j];
  }
}

/// matrix -= p q^T.
VERGE_TARGET_CLONES
void subtract_product(float* matrix, const factor& p, const factor& q, std::size_t rank) {
  std::array<float, strip> products;
  for (std::size_t i = 0; i < p.length; ++i)
    for (std::size_t first = 0; first < q.length; first += strip) {
      const auto count = std::min(strip, q.length - first);
      float* to = matrix + i * q.length + first;
      product(p, q, rank, i, first, count, products.data());
      for (std::size_t j = 0; j < count; ++j) to[j] -= products[j];
    }
}

/// matrix = p q^T. Returns the largest magnitude, or NaN if there is one.
VERGE_TARGET_CLONES
float write_product(float* matrix, const factor& p, const factor& q, std::size_t rank) {
  float largest = 0.0f;
  for (std::size_t i = 0; i < p.length; ++i)
    for (std::size_t first = 0; first < q.length; first += strip) {
      const auto count = std::min(strip, q.length - first);
      float* to = matrix + i * q.length + first;
      product(p, q, rank, i, first, count, to);
      // Compared as bits, among which NaNs are the largest.
      const float here = largest_magnitude(to, count);
      if (!(here <= largest)) largest = here;
      if (std::isnan(largest)) return largest;
    }
  return largest;
}

// -- orthonormal columns --------------------------------------------------------------------------

VERGE_TARGET_CLONES
double dot_of(const float* a, const float* b, std::size_t count) {
  return sum_in_lanes(count, [a, b](std::size_t i) { return double{a[i]} * double{b[i]}; });
}

/// Makes the columns orthonormal by modified Gram-Schmidt. A column that is mostly cancelled is
/// little more than rounding errors, so it is projected again until it keeps its length. A column
/// that never does, or is zero, becomes zero.
void orthonormalise(const factor& p, std::size_t rank) {
  constexpr int most_projections = 4;
  for (std::size_t c = 0; c < rank; ++c) {
    float* column = p.column(c);
    double before = dot_of(column, column, p.length);
    double scale = 0.0;
    for (int i = 0; i < most_projections && scale == 0.0; ++i) {
      for (std::size_t k = 0; k < c; ++k) {
        const double along = dot_of(column, p.column(k), p.length);
        for (std::size_t j = 0; j < p.length; ++j)
          column[j] = static_cast<float>(column[j] - along * p.column(k)[j]);
      }
      const double after = dot_of(column, column, p.length);
      if (after > before / 2) scale = 1.0 / std::sqrt(after);
      before = after;
    }
    for (std::size_t j = 0; j < p.length; ++j)
      column[j] = scale > 0.0 ? static_cast<float>(column[j] * scale) : 0.0f;
  }
}

/// Draws the columns of q that are zero: all of them at first, later those that found nothing in M.
/// A column that a diverged update made infinite is drawn too, because it would stay infinite. All
/// senders draw the same numbers, so they start with the same subspace.
void draw_missing(const factor& q, std::size_t rank, std::uint32_t tensor) {
  const random_stream stream{0, random_purpose::codec, tensor, 2};
  for (std::size_t c = 0; c < rank; ++c) {
    float* column = q.column(c);
    const float largest = largest_magnitude(column, q.length);
    if (largest > 0.0f && std::isfinite(largest)) continue;
    for (std::size_t j = 0; j < q.length; ++j)
      column[j] = static_cast<float>(2.0 * stream.unit(c * q.length + j) - 1.0);
  }
}

/// An upper bound of the largest magnitude of p q^T; NaN if p or q has one.
float product_bound(const factor& p, const factor& q, std::size_t rank) {
  float bound = 0.0f;
  for (std::size_t c = 0; c < rank; ++c)
    bound += largest_of({p.column(c), p.length}) * largest_of({q.column(c), q.length});
  return bound;
}

// -- the coder ------------------------------------------------------------------------------------

class powersgd_coder final : public tensor_coder {
public:
  explicit powersgd_coder(std::size_t rank) : rank_(rank), dense_(make_float32_values()) {}

  void encode(std::span<float> values, const tensor_context& tensor,
              workspace& work) const override {
    if (is_dense(tensor)) return dense_->encode(values, tensor, work.out);
    work.floats.resize(tensor.rows * rank_);
    const factor p{work.floats.data(), tensor.rows};
    const factor q{tensor.memory.data(), tensor.columns};
    draw_missing(q, rank_, tensor.number);
    multiply(values.data(), q, rank_, p);
    orthonormalise(p, rank_);
    multiply_transposed(values.data(), p, rank_, q);
    // If a matrix diverges, its product may be larger than any of its values. Then nothing of it is
    // sent.
    if (!usable_scale(product_bound(p, q, rank_)))
      std::fill(tensor.memory.begin(), tensor.memory.end(), 0.0f);
    work.out.put_bytes(std::as_bytes(std::span{work.floats}));
    work.out.put_bytes(std::as_bytes(tensor.memory));
    subtract_product(values.data(), p, q, rank_);
  }

  std::string decode(byte_reader& in, const tensor_context& tensor, workspace& work,
                     std::span<float> values) const override {
    if (is_dense(tensor)) return dense_->decode(in, values);
    work.floats.resize((std::size_t{tensor.rows} + tensor.columns) * rank_);
    std::span<const std::byte> bytes;
    if (!in.take(work.floats.size() * sizeof(float), bytes)) return "cut within its factors";
    std::memcpy(work.floats.data(), bytes.data(), bytes.size());
    const factor p{work.floats.data(), tensor.rows};
    const factor q{work.floats.data() + tensor.rows * rank_, tensor.columns};
    // A factor that is not finite shows in its products.
    const auto largest = write_product(values.data(), p, q, rank_);
    if (!usable_scale(largest))
      return fmt::format("factors with a product of {}, at most {}", largest,
                         order_free_mean::largest_value);
    return {};
  }

  bool unbiased() const override { return false; }

  std::size_t memory_size(const tensor_context& tensor) const override {
    return is_dense(tensor) ? 0 : tensor.columns * rank_;
  }

private:
  bool is_dense(const tensor_context& tensor) const {
    const std::uint64_t rows = tensor.rows;
    const std::uint64_t columns = tensor.columns;
    return (rows + columns) * rank_ >= rows * columns;
  }

  std::size_t rank_;
  std::shared_ptr<const value_coder> dense_;
};

}  // namespace

void make_powersgd(const stage_text& text, codec_recipe& recipe) {
  const auto rank = text.number("rank", 0, a_rank);
  recipe.whole = std::make_shared<powersgd_coder>(static_cast<std::size_t>(rank));
}

}  // namespace verge::codecs
