#include "model/torch/torchscript_module.hpp"

#include <memory>
#include <utility>

namespace verge {

namespace {

namespace jit = torch::jit;

class module_builder {
public:
  module_builder(const manifest& tensors, const tensor_source& source)
      : next_(tensors.entries().begin()), source_(source) {}

  jit::Module build(const module_spec& spec) {
    jit::Module module(c10::QualifiedName("__torch__.verge." + spec.type), unit_,
                       /*shouldMangle=*/true);
    module.register_attribute("training", c10::BoolType::get(), true);
    for (const tensor_spec& tensor : spec.tensors) {
      if (tensor.role == tensor_role::parameter) {
        module.register_parameter(tensor.name, source_(*next_), /*is_buffer=*/false);
      } else {
        module.register_buffer(tensor.name, source_(*next_));
      }
      ++next_;
    }
    if (spec.dropout) {
      c10::List<at::Tensor> masks;
      module.register_attribute("masks", c10::ListType::ofTensors(), masks);
      dropouts_.push_back({*spec.dropout, masks});
    }
    for (const module_spec& child : spec.children) {
      module.register_module(child.name, build(child));
    }
    module.define(spec.forward);
    return module;
  }

  std::vector<dropout_site> take_dropouts() { return std::move(dropouts_); }

private:
  std::shared_ptr<jit::CompilationUnit> unit_ = std::make_shared<jit::CompilationUnit>();
  std::vector<tensor_entry>::const_iterator next_;
  const tensor_source& source_;
  std::vector<dropout_site> dropouts_;
};

}  // namespace

torchscript_module make_torchscript_module(const module_spec& root, const manifest& tensors,
                                           const tensor_source& source) {
  module_builder builder(tensors, source);
  auto module = builder.build(root);
  return {std::move(module), builder.take_dropouts()};
}

}  // namespace verge
