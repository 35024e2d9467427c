// What sweep.cpp adds to the module, and what it asks of it.  SPDX-License-Identifier: Apache-2.0
#pragma once
#include <nanobind/nanobind.h>

#include "../host/sna_host.h"

// The prepared model behind a `Model` of Python; nullptr where it has none.
const sna_host *host_of(nanobind::handle model);
void add_sweep(nanobind::module_ &m);
