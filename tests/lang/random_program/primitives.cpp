// What primitives do to sizes, and how many weights they own: the catalogue of the language, with plain numbers.
#include "primitives.h"

#include <algorithm>

namespace neuro::sketch {
namespace {

std::int64_t whole(const Options& options, const char* name, std::int64_t least = INT64_MIN) {
  const double v = options.at(name);
  const auto n = static_cast<std::int64_t>(v);
  if (static_cast<double>(n) != v) throw Ill{std::string(name) + " is not whole"};
  if (n < least) throw Ill{std::string(name) + " is too small"};
  return n;
}

void same(std::int64_t a, std::int64_t b, std::set<std::int64_t>& met, const char* what) {
  met.insert(a);
  met.insert(b);
  if (a != b) throw Ill{std::string(what) + ": " + std::to_string(a) + " and " + std::to_string(b)};
}

std::size_t axis_of(std::int64_t axis, const Sizes& s) {
  const auto rank = static_cast<std::int64_t>(s.size());
  if (axis < -rank || axis >= rank) throw Ill{"no such axis"};
  return static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
}

std::int64_t window(std::int64_t length, std::int64_t kernel, std::int64_t stride, std::int64_t padding,
                    std::int64_t dilation) {
  const std::int64_t room = length + 2 * padding - dilation * (kernel - 1) - 1;
  if (room < 0) throw Ill{"the window is larger than the image"};
  return room / stride + 1;
}

Sizes broadcast(const Sizes& a, const Sizes& b, std::set<std::int64_t>& met) {
  Sizes out = a.size() >= b.size() ? a : b;
  const Sizes& narrow = a.size() >= b.size() ? b : a;
  for (std::size_t back = 1; back <= narrow.size(); ++back) {
    std::int64_t& x = out[out.size() - back];
    const std::int64_t y = narrow[narrow.size() - back];
    if (x == 1) x = y;
    if (y != 1) same(x, y, met, "broadcast");
  }
  return out;
}

std::int64_t product(const Sizes& s, std::size_t from, std::size_t to) {
  std::int64_t n = 1;
  for (std::size_t i = from; i < to; ++i) n *= s[i];
  return n;
}

void rank(const Sizes& s, std::size_t least, std::size_t most) {
  if (s.size() < least || s.size() > most) throw Ill{"rank"};
}

}  // namespace

const std::map<std::string, Signature>& signatures() {
  const std::vector<Option> none;
  const std::vector<Option> window{{"kernel_size"}, {"stride", 1.0}, {"padding", 0.0}};
  static const std::map<std::string, Signature> table{
      {"Linear", {{{"in_dim", {}, "in_features"}, {"out_dim", {}, "out_features"}, {"bias", 1.0, "", true}}, 1}},
      {"ReLU", {none, 1}},
      {"GELU", {none, 1}},
      {"SiLU", {none, 1}},
      {"Sigmoid", {none, 1}},
      {"Tanh", {none, 1}},
      {"Mish", {none, 1}},
      {"Identity", {none, 1}},
      {"ELU", {{{"alpha", 1.0}}, 1}},
      {"PReLU", {{{"num_parameters", 1.0}, {"init", 0.25}}, 1}},
      {"Softmax", {{{"dim", -1.0}}, 1}},
      {"LayerNorm", {{{"dim"}, {"eps", 1e-5}, {"elementwise_affine", 1.0, "", true}}, 1}},
      {"BatchNorm", {{{"num_features"}, {"eps", 1e-5}, {"momentum", 0.1}, {"affine", 1.0, "", true}}, 1}},
      {"Dropout", {{{"p", 0.5, "rate"}}, 1}},
      {"Conv2d",
       {{{"in_channels"},
         {"out_channels"},
         {"kernel_size"},
         {"stride", 1.0},
         {"padding", 0.0},
         {"dilation", 1.0},
         {"groups", 1.0},
         {"bias", 1.0, "", true}},
        1}},
      {"MaxPool", {{window[0], window[1], window[2], {"dilation", 1.0}}, 1}},
      {"AvgPool", {window, 1}},
      {"GlobalAvgPool", {none, 1}},
      {"Embedding", {{{"num_embeddings", {}, "vocab_size"}, {"embedding_dim"}}, 1}},
      {"Fork", {none, 1, {"main|a|left", "skip|b|right"}}},
      {"Add", {none, -2}},
      {"Multiply", {none, -2}},
      {"Concat", {{{"dim", -1.0}}, -1}},
      {"Flatten", {{{"start_dim", 1.0}, {"end_dim", -1.0}}, 1}},
  };
  return table;
}

std::int64_t own_weights(const std::string& name, const Options& o) {
  if (name == "Linear") {
    const auto in = whole(o, "in_dim", 1), out = whole(o, "out_dim", 1);
    return in * out + (o.at("bias") != 0 ? out : 0);
  }
  if (name == "PReLU") return whole(o, "num_parameters", 1);
  if (name == "LayerNorm") {
    const auto n = whole(o, "dim", 1);
    return o.at("elementwise_affine") != 0 ? 2 * n : 0;
  }
  if (name == "BatchNorm") {
    const auto n = whole(o, "num_features", 1);
    return o.at("affine") != 0 ? 2 * n : 0;
  }
  if (name == "Embedding") return whole(o, "num_embeddings", 1) * whole(o, "embedding_dim", 1);
  if (name == "Conv2d") {
    const auto in = whole(o, "in_channels", 1), out = whole(o, "out_channels", 1), groups = whole(o, "groups", 1);
    const auto k = whole(o, "kernel_size", 1);
    if (in % groups != 0 || out % groups != 0) throw Ill{"groups"};
    return out * (in / groups) * k * k + (o.at("bias") != 0 ? out : 0);
  }
  if (name == "Dropout" && (o.at("p") < 0 || o.at("p") > 1)) throw Ill{"p"};
  for (const char* least_one : {"kernel_size", "stride", "dilation"}) {
    if (o.count(least_one) > 0) whole(o, least_one, 1);
  }
  if (o.count("padding") > 0) whole(o, "padding", 0);
  for (const char* axis : {"dim", "start_dim", "end_dim"}) {
    if (o.count(axis) > 0 && (whole(o, axis, -8) > 7)) throw Ill{"axis"};
  }
  return 0;
}

std::vector<Sizes> sizes_after(const std::string& name, const Options& o, const std::vector<Sizes>& in,
                               std::set<std::int64_t>& met) {
  const Sizes& x = in[0];
  if (name == "Add" || name == "Multiply") {
    Sizes out = x;
    for (std::size_t i = 1; i < in.size(); ++i) out = broadcast(out, in[i], met);
    return {out};
  }
  if (name == "Concat") {
    Sizes out = x;
    const std::size_t axis = axis_of(whole(o, "dim"), x);
    for (std::size_t i = 1; i < in.size(); ++i) {
      if (in[i].size() != out.size()) throw Ill{"rank"};
      for (std::size_t a = 0; a < out.size(); ++a) {
        if (a != axis) same(out[a], in[i][a], met, "concat");
      }
      out[axis] += in[i][axis];
    }
    return {out};
  }
  if (name == "Fork") return {x, x};
  if (name == "Linear") {
    rank(x, 1, 8);
    same(x.back(), whole(o, "in_dim"), met, "Linear");
    Sizes out = x;
    out.back() = whole(o, "out_dim");
    return {out};
  }
  if (name == "LayerNorm") {
    rank(x, 1, 8);
    same(x.back(), whole(o, "dim"), met, "LayerNorm");
  } else if (name == "BatchNorm") {
    rank(x, 2, 5);
    same(x[1], whole(o, "num_features"), met, "BatchNorm");
  } else if (name == "PReLU") {
    if (o.at("num_parameters") != 1) {
      rank(x, 1, 8);
      same(x[x.size() == 1 ? 0 : 1], whole(o, "num_parameters"), met, "PReLU");
    }
  } else if (name == "Softmax") {
    axis_of(whole(o, "dim"), x);
  } else if (name == "Embedding") {
    rank(x, 1, 7);
    Sizes out = x;
    out.push_back(whole(o, "embedding_dim"));
    return {out};
  } else if (name == "Flatten") {
    const std::size_t first = axis_of(whole(o, "start_dim"), x), last = axis_of(whole(o, "end_dim"), x);
    if (first > last) throw Ill{"start_dim is behind end_dim"};
    Sizes out(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(first));
    out.push_back(product(x, first, last + 1));
    out.insert(out.end(), x.begin() + static_cast<std::ptrdiff_t>(last) + 1, x.end());
    return {out};
  } else if (name == "GlobalAvgPool") {
    rank(x, 4, 4);
    return {{x[0], x[1], 1, 1}};
  } else if (name == "Conv2d" || name == "MaxPool" || name == "AvgPool") {
    rank(x, 4, 4);
    const auto k = whole(o, "kernel_size", 1), s = whole(o, "stride", 1), p = whole(o, "padding", 0);
    const auto d = o.count("dilation") > 0 ? whole(o, "dilation", 1) : 1;
    std::int64_t channels = x[1];
    if (name == "Conv2d") {
      same(x[1], whole(o, "in_channels"), met, "Conv2d");
      channels = whole(o, "out_channels");
    } else if (p > k / 2) {
      throw Ill{"padding"};
    }
    return {{x[0], channels, window(x[2], k, s, p, d), window(x[3], k, s, p, d)}};
  }
  return {x};
}

}  // namespace neuro::sketch
