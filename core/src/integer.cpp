// Elementwise kernels of integers and booleans: plain loops, for the baseline instruction set only.
#include "kernels/elementwise_kernels.h"

namespace neuro::kernels {
namespace {

// Sums, differences and products wrap around: they are taken without a sign.
template <class T>
T wrap(std::uint64_t x) {
  return static_cast<T>(x);
}
template <class T>
std::uint64_t bits(T x) {
  return static_cast<std::uint64_t>(x);
}

struct Add {
  template <class T>
  T operator()(T a, T b) const {
    return wrap<T>(bits(a) + bits(b));
  }
};
struct Sub {
  template <class T>
  T operator()(T a, T b) const {
    return wrap<T>(bits(a) - bits(b));
  }
};
struct Mul {
  template <class T>
  T operator()(T a, T b) const {
    return wrap<T>(bits(a) * bits(b));
  }
};
struct Maximum {
  template <class T>
  T operator()(T a, T b) const {
    return a > b ? a : b;
  }
};
struct Minimum {
  template <class T>
  T operator()(T a, T b) const {
    return a < b ? a : b;
  }
};
struct Neg {
  template <class T>
  T operator()(T a) const {
    return wrap<T>(0 - bits(a));
  }
};
struct Abs {
  template <class T>
  T operator()(T a) const {
    return a < 0 ? Neg{}(a) : a;
  }
};
struct Sign {
  template <class T>
  T operator()(T a) const {
    return static_cast<T>((a > 0) - (a < 0));
  }
};
struct Square {
  template <class T>
  T operator()(T a) const {
    return Mul{}(a, a);
  }
};
struct Less {
  template <class T>
  bool operator()(T a, T b) const {
    return a < b;
  }
};
struct LessEqual {
  template <class T>
  bool operator()(T a, T b) const {
    return a <= b;
  }
};
struct Greater {
  template <class T>
  bool operator()(T a, T b) const {
    return a > b;
  }
};
struct GreaterEqual {
  template <class T>
  bool operator()(T a, T b) const {
    return a >= b;
  }
};
struct Equal {
  template <class T>
  bool operator()(T a, T b) const {
    return a == b;
  }
};
struct NotEqual {
  template <class T>
  bool operator()(T a, T b) const {
    return a != b;
  }
};
struct And {
  bool operator()(bool a, bool b) const { return a && b; }
};
struct Or {
  bool operator()(bool a, bool b) const { return a || b; }
};
struct Xor {
  bool operator()(bool a, bool b) const { return a != b; }
};
struct Not {
  bool operator()(bool a) const { return !a; }
};

template <class F, class T, int arity>
void run(const void* const* in, void* out, std::int64_t n, const double*) noexcept {
  const auto* a = static_cast<const T*>(in[0]);
  if constexpr (arity == 1) {
    auto* y = static_cast<decltype(F{}(T{}))*>(out);
    for (std::int64_t i = 0; i < n; ++i) y[i] = F{}(a[i]);
  } else {
    const auto* b = static_cast<const T*>(in[1]);
    auto* y = static_cast<decltype(F{}(T{}, T{}))*>(out);
    for (std::int64_t i = 0; i < n; ++i) y[i] = F{}(a[i], b[i]);
  }
}

template <class T>
void choose(const void* const* in, void* out, std::int64_t n, const double*) noexcept {
  const auto* mask = static_cast<const bool*>(in[0]);
  const auto *a = static_cast<const T*>(in[1]), *b = static_cast<const T*>(in[2]);
  auto* y = static_cast<T*>(out);
  for (std::int64_t i = 0; i < n; ++i) y[i] = mask[i] ? a[i] : b[i];
}

template <class F, int arity>
IntegerKernels numbers(const char* name) {
  return {name, &run<F, std::int64_t, arity>, &run<F, std::int32_t, arity>, nullptr};
}
template <class F>
IntegerKernels comparison(const char* name) {
  return {name, &run<F, std::int64_t, 2>, &run<F, std::int32_t, 2>, &run<F, bool, 2>};
}

Elementwise logical(const char* name, int arity, ElementwiseFn f) {
  return {.name = name, .arity = arity, .f32 = nullptr, .f64 = nullptr, .mask_output = true, .boolean = f};
}

}  // namespace

std::span<const IntegerKernels> integer_kernels() {
  static const IntegerKernels rows[] = {
      numbers<Abs, 1>("abs"),
      numbers<Add, 2>("add"),
      comparison<Equal>("equal"),
      comparison<Greater>("greater"),
      comparison<GreaterEqual>("greater_equal"),
      comparison<Less>("less"),
      comparison<LessEqual>("less_equal"),
      numbers<Maximum, 2>("maximum"),
      numbers<Minimum, 2>("minimum"),
      numbers<Mul, 2>("mul"),
      numbers<Neg, 1>("neg"),
      comparison<NotEqual>("not_equal"),
      numbers<Sign, 1>("sign"),
      numbers<Square, 1>("square"),
      numbers<Sub, 2>("sub"),
      {"where", &choose<std::int64_t>, &choose<std::int32_t>, &choose<bool>},
  };
  return rows;
}

std::span<const Elementwise> logical_kernels() {
  static const Elementwise rows[] = {
      logical("logical_and", 2, &run<And, bool, 2>),
      logical("logical_not", 1, &run<Not, bool, 1>),
      logical("logical_or", 2, &run<Or, bool, 2>),
      logical("logical_xor", 2, &run<Xor, bool, 2>),
  };
  return rows;
}

}  // namespace neuro::kernels
