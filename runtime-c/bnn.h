/* bnn.h - the whole runtime of bnnc, for headers made with --runtime external.
 * SPDX-License-Identifier: Apache-2.0 OR MIT-0
 *
 * Put this folder on the include path. Self-contained headers (the default) do not need it.
 */
#ifndef BNN_H
#define BNN_H

/* Raised when a kernel changes its name, its arguments or the layout of a table. It is also part of every name (bnn1_...),
 * so that headers of different versions can live in one program. */
#define BNN_RUNTIME_ABI 1

#include "bnn_argmax.h"
#include "bnn_bits.h"
#include "bnn_channels.h"
#include "bnn_conv2d.h"
#include "bnn_conv2d_planes.h"
#include "bnn_dense.h"
#include "bnn_dense_sliced.h"
#include "bnn_elements.h"
#include "bnn_functions.h"
#include "bnn_lanes.h"
#include "bnn_layout.h"
#include "bnn_pool.h"
#include "bnn_pool_elements.h"
#include "bnn_real.h"
#include "bnn_scores.h"
#include "bnn_sliced.h"

#endif /* BNN_H */
