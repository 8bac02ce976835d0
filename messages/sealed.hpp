#pragma once

#include <utility>

#include "messages/frame.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

/// How a T is written as Cap'n Proto and read back. Specialised beside each message type; encode
/// never fails, decode trusts nothing.
template <class T>
struct wire_format;

/// A T, encoded once, immutable, shared by all who hold it: what actors send each other. Copies cost a
/// reference count, in a mailbox as in a list.
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

/// The value, checked for shape and range, or why it is refused.
template <class T>
result<T> unseal(const sealed<T>& message) {
  return wire_format<T>::decode(message.frame());
}

}  // namespace verge
