#include "model/layout/buffer_pool.hpp"

namespace verge {

buffer_pool::buffer_pool(scalar type, std::size_t elements, std::function<void()> on_return)
    : type_(type), elements_(elements), on_return_(std::move(on_return)) {}

std::shared_ptr<buffer_pool> buffer_pool::create(scalar type, std::size_t elements,
                                                 std::function<void()> on_return) {
  return std::shared_ptr<buffer_pool>(new buffer_pool(type, elements, std::move(on_return)));
}

flat_buffer buffer_pool::take() {
  std::shared_ptr<std::byte> memory;
  {
    const std::lock_guard lock{mutex_};
    ++taken_;
    if (!free_.empty()) {
      memory = std::move(free_.back());
      free_.pop_back();
    }
  }
  if (!memory) memory = flat_buffer::allocate(type_, elements_);
  // The holder's pointer wraps the pool's. Its deleter gives the memory back.
  auto* bytes = memory.get();
  return {type_, elements_,
          std::shared_ptr<std::byte>(bytes, [pool = weak_from_this(), memory](std::byte*) mutable {
            if (auto alive = pool.lock()) alive->put_back(std::move(memory));
          })};
}

void buffer_pool::put_back(std::shared_ptr<std::byte> memory) {
  {
    const std::lock_guard lock{mutex_};
    --taken_;
    free_.push_back(std::move(memory));
  }
  if (on_return_) on_return_();
}

std::size_t buffer_pool::taken() const {
  const std::lock_guard lock{mutex_};
  return taken_;
}

}  // namespace verge
