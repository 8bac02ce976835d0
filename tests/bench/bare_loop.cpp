#include "bench/bare_loop.hpp"

#include <torch/torch.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

namespace verge::bench {

namespace {

namespace nn = torch::nn;

// The operators are in the same order as in Verge, and in place where Verge's are, so that the
// comparison is about the machinery around them.

nn::ReLU relu_in_place() {
  return nn::ReLU(nn::ReLUOptions(true));
}

struct small_cnn : nn::Module {
  small_cnn() {
    features = register_module(
        "features",
        nn::Sequential(nn::Conv2d(nn::Conv2dOptions(3, 32, 3)), relu_in_place(),
                       nn::Conv2d(nn::Conv2dOptions(32, 64, 3)), nn::MaxPool2d(2), relu_in_place(),
                       nn::Dropout(0.25), nn::Flatten(), nn::Linear(64 * 14 * 14, 128),
                       relu_in_place(), nn::Dropout(0.5), nn::Linear(128, 10)));
  }
  torch::Tensor forward(const torch::Tensor& x) { return features->forward(x); }
  nn::Sequential features{nullptr};
};

/// Convolution and norm, as everywhere in a ResNet.
nn::Sequential conv_norm(int in, int out, int kernel, int stride, const std::string& norm) {
  nn::Sequential both;
  both->push_back(nn::Conv2d(
      nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false)));
  if (norm == "batch")
    both->push_back(nn::BatchNorm2d(out));
  else
    both->push_back(nn::GroupNorm(nn::GroupNormOptions(32, out)));
  return both;
}

struct basic_block : nn::Module {
  basic_block(int in, int out, int stride, const std::string& norm) {
    first = register_module("first", conv_norm(in, out, 3, stride, norm));
    second = register_module("second", conv_norm(out, out, 3, 1, norm));
    if (stride != 1 || in != out)
      shortcut = register_module("shortcut", conv_norm(in, out, 1, stride, norm));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    auto y = second->forward(first->forward(x).relu_());
    return torch::relu_(y.add_(shortcut ? shortcut->forward(x) : x));
  }
  nn::Sequential first{nullptr}, second{nullptr}, shortcut{nullptr};
};

struct resnet18 : nn::Module {
  explicit resnet18(const std::string& norm) {
    stem = register_module("stem", conv_norm(3, 64, 3, 1, norm));
    int in = 64;
    for (int stage = 0; stage < 4; ++stage)
      for (int i = 0; i < 2; ++i) {
        const int out = 64 << stage;
        blocks.push_back(register_module(
            "block" + std::to_string(blocks.size()),
            std::make_shared<basic_block>(in, out, stage > 0 && i == 0 ? 2 : 1, norm)));
        in = out;
      }
    fc = register_module("fc", nn::Linear(512, 10));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    auto y = stem->forward(x).relu_();
    for (auto& block : blocks) y = block->forward(y);
    return fc->forward(torch::adaptive_avg_pool2d(y, {1, 1}).flatten(1));
  }
  nn::Sequential stem{nullptr};
  std::vector<std::shared_ptr<basic_block>> blocks;
  nn::Linear fc{nullptr};
};

/// A network without its type: parameters and a forward pass.
struct replica {
  std::vector<torch::Tensor> parameters;
  std::function<torch::Tensor(const torch::Tensor&)> forward;
};

replica build(const workload& work) {
  replica made;
  const auto adopt = [&](auto net) {
    net->train();
    net->to(torch::Device(work.torch_device));
    made.parameters = net->parameters();
    made.forward = [net](const torch::Tensor& x) { return net->forward(x); };
  };
  if (work.network == "resnet18")
    adopt(std::make_shared<resnet18>(work.norm));
  else
    adopt(std::make_shared<small_cnn>());
  return made;
}

}  // namespace

struct bare_loop::parts {
  workload work;
  std::vector<torch::Tensor> features;  // one tensor per device
  std::vector<torch::Tensor> labels;
  std::vector<torch::Tensor> global;
  std::vector<replica> replicas;
  std::uint64_t rounds = 0;

  void train_device(replica& own, std::size_t device, std::vector<torch::Tensor>& sum,
                    std::mutex& lock) {
    {
      torch::NoGradGuard guard;
      for (std::size_t i = 0; i < global.size(); ++i) own.parameters[i].copy_(global[i]);
    }
    const auto samples = features[device].size(0);
    for (std::uint32_t step = 0; step < work.steps; ++step) {
      const auto from =
          static_cast<std::int64_t>((rounds * work.steps + step) * work.batch_size) % samples;
      const auto to = std::min<std::int64_t>(from + work.batch_size, samples);
      const auto x = features[device].slice(0, from, to);
      const auto y = labels[device].slice(0, from, to);
      for (auto& p : own.parameters) p.mutable_grad().reset();
      torch::nn::functional::cross_entropy(own.forward(x), y).backward();
      if (!work.federated) continue;
      torch::NoGradGuard guard;
      for (auto& p : own.parameters) p.add_(p.grad(), -work.learning_rate);
    }
    torch::NoGradGuard guard;
    const std::lock_guard hold{lock};
    for (std::size_t i = 0; i < global.size(); ++i)
      sum[i].add_(work.federated ? own.parameters[i] - global[i] : own.parameters[i].grad());
  }
};

bare_loop::bare_loop(const workload& work, const std::vector<dataset_ptr>& shards)
    : parts_(std::make_unique<parts>()) {
  parts_->work = work;
  for (const auto& shard : shards) {
    const auto shape = shard->shape();
    auto x = torch::empty(
        {static_cast<std::int64_t>(shard->size()), shape.channels, shape.height, shape.width});
    auto y = torch::empty({static_cast<std::int64_t>(shard->size())}, torch::kLong);
    for (std::size_t i = 0; i < shard->size(); ++i)
      y.data_ptr<std::int64_t>()[i] =
          shard->read(i, {x.data_ptr<float>() + i * shape.elements(), shape.elements()});
    parts_->features.push_back(x.to(torch::Device(work.torch_device)));
    parts_->labels.push_back(y.to(torch::Device(work.torch_device)));
  }
  for (std::uint32_t i = 0; i < work.threads; ++i) parts_->replicas.push_back(build(work));
  for (const auto& p : parts_->replicas[0].parameters) parts_->global.push_back(p.detach().clone());
}

bare_loop::~bare_loop() = default;

double bare_loop::round() {
  const auto begin = std::chrono::steady_clock::now();
  auto& p = *parts_;
  std::vector<torch::Tensor> sum;
  for (const auto& g : p.global) sum.push_back(torch::zeros_like(g));
  std::mutex lock;
  std::atomic<std::uint32_t> next{0};
  std::vector<std::thread> threads;
  for (auto& own : p.replicas)
    threads.emplace_back([&p, &own, &sum, &lock, &next] {
      torch::set_num_threads(1);
      for (auto i = next++; i < p.work.cohort; i = next++)
        p.train_device(own, (p.rounds * p.work.cohort + i) % p.features.size(), sum, lock);
    });
  for (auto& thread : threads) thread.join();
  torch::NoGradGuard guard;
  const double scale = (p.work.federated ? 1.0 : -p.work.learning_rate) / p.work.cohort;
  for (std::size_t i = 0; i < sum.size(); ++i) p.global[i].add_(sum[i], scale);
  p.global[0].sum().item();  // waits for a GPU to finish
  ++p.rounds;
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace verge::bench
