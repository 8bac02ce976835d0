#pragma once

#include "verge/model/module_spec.hpp"
#include "verge/model/network.hpp"

namespace verge::networks {

// A new network is a file that defines a builder, which is declared here, and a line of the table
// in network.cpp. Each takes options whose sizes are at least 1 and throws bad_input when the
// pictures are too small for it. The forward pass is [N, C, H, W] -> logits [N, classes].

/// Multinomial logistic regression: one linear layer (fc).
module_spec logistic(const network_options& options);

/// "2NN" of McMahan et al. 2017, section 3: two hidden layers of 200 units with ReLU (fc1, fc2,
/// fc3).
module_spec mlp(const network_options& options);

/// The CNN of McMahan et al. 2017, section 3: two 5x5 convolutions with 32 and 64 channels, each
/// with ReLU and 2x2 max pooling, 512 units with ReLU, the classes (conv1, conv2, fc1, fc2).
module_spec cnn(const network_options& options);

/// LeNet-5 (LeCun et al. 1998) as NIID-Bench (Li et al. 2022) and later works train it: two 5x5
/// convolutions without padding, with 6 and 16 channels, each with 2x2 max pooling and ReLU, then
/// 120 and 84 units with ReLU, then the classes (conv1, conv2, fc1, fc2, fc3). Norm batch or group
/// puts norm layers behind the convolutions (norm1, norm2; two groups, as in Hsieh et al. 2020).
/// Initial values are PyTorch's defaults.
module_spec lenet(const network_options& options);

/// The network of the CIFAR-10 benchmark of pfl-research (Granqvist et al. 2024): two 3x3
/// convolutions with 32 and 64 channels and ReLU, 2x2 max pooling, dropout 1/4, 128 units with
/// ReLU, dropout 1/2, the classes (conv1, conv2, fc1, fc2). Glorot-uniform weights, zero biases.
module_spec small_cnn(const network_options& options);

/// Four 3x3 convolutions with 16, 32, 64 and 64 channels, each with a norm layer (groups of 8
/// channels) and ReLU. The second and the third have stride 2 in place of pooling (Springenberg et
/// al. 2015, arXiv 1412.6806). Then come the mean of each channel and the classes (conv1 .. conv4,
/// norm1 .. norm4, fc). It is for experiments with CIFAR-10 on a few cores: it has 61,000
/// parameters and a hundredth of resnet18's multiplications. Weights are initialised as in He et
/// al. 2015 (fan-in).
module_spec strided_cnn(const network_options& options);

/// ResNet-18 (He et al. 2016) in its CIFAR form: a 3x3 stem with stride 1 and no max pooling. Names
/// and shapes of tensors, and the initial values, are those of torchvision's resnet18. Norm none
/// leaves the norm modules out and uses other initial values, so that the network trains
/// (resnet18.cpp).
///
/// Batch norm of a single picture of at most 8x8 pixels has no variance in the last layer. Its
/// moments are then not finite, and neither would torch's running statistics be.
module_spec resnet18(const network_options& options);

}  // namespace verge::networks
