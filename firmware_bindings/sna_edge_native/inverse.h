// Adds the inverse queries of sna_host_inverse.h to the extension.   SPDX-License-Identifier:
// Apache-2.0
#pragma once
#include <nanobind/nanobind.h>

void add_inverse(nanobind::module_ &m);
