// Uses an installed libneuro from outside its tree.
#include <neuro/neuro.h>

#include <cstdio>

int main() {
  const auto x = neuro::Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  std::printf("%s %s\n", x.shape().text().c_str(), x.text().c_str());
  try {
    (void)neuro::broadcast({2, 3}, {4}, "add");
    return 1;
  } catch (const neuro::Error& error) {
    std::printf("%s\n", error.what());
    return error.code() == neuro::ErrorCode::shape ? 0 : 1;
  }
}
