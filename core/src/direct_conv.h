#pragma once
// Convolutions whose groups have one input channel each (depthwise ones, and first layers on grey images): too little
// arithmetic for a product over patches, so each plane is swept directly.
#include "neuro/kernels/conv.h"

namespace neuro::kernels {

/// Whether these are for p: one input channel a group, and rows that can be staged.
bool is_direct(const Conv& p);

/// Scratch and arguments as conv(), conv_input_grad() and conv_weight_grad().
template <class T>
std::size_t direct_conv_scratch(const Table& table, const Conv& p);
template <class T>
void direct_conv(const Exec& exec, const Conv& p, const T* x, const T* w, const T* bias, T* y,
                 const Epilogue& epilogue) noexcept;
template <class T>
std::size_t direct_conv_input_grad_scratch(const Table& table, const Conv& p);
template <class T>
void direct_conv_input_grad(const Exec& exec, const Conv& p, const T* gy, const T* w, T* gx) noexcept;
template <class T>
void direct_conv_weight_grad(const Exec& exec, const Conv& p, const T* gy, const T* x, T* gw) noexcept;

}  // namespace neuro::kernels
