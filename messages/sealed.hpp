#pragma once

#include <utility>

#include "messages/frame.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

/// How a T is written as Cap'n Proto and read back. It is specialised beside each message type.
/// encode() never fails, and decode() trusts nothing.
template <class T>
struct wire_format;

/// What actors send each other: a T that is encoded once, immutable and shared by all its holders.
/// A copy costs one reference count, in a mailbox as in a list. Threads may read copies at the same
/// time.
template <class T>
class sealed {
public:
  sealed() = default;
  explicit sealed(verge::frame encoded) : frame_(std::move(encoded)) {}

  const verge::frame& frame() const { return frame_; }
  std::size_t encoded_size() const { return frame_.encoded_size(); }

private:
  verge::frame frame_;
};

template <class T>
sealed<T> seal(const T& value) {
  return sealed<T>{wire_format<T>::encode(value)};
}

/// The value, checked for shape and range, or the reason why it is refused.
template <class T>
result<T> unseal(const sealed<T>& message) {
  return wire_format<T>::decode(message.frame());
}

}  // namespace verge
