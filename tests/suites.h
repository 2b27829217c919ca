/* The suites, one a file, in the order of the parts of src/. */
#ifndef TESTS_SUITES_H
#define TESTS_SUITES_H

#include <check.h>

Suite *core_context_suite(void);
Suite *core_error_suite(void);
Suite *numbers_number_suite(void);
Suite *numbers_factor_suite(void);
Suite *numbers_kernels_suite(void);
Suite *differentials_making_suite(void);
Suite *differentials_terms_suite(void);
Suite *operations_rules_suite(void);
Suite *operations_apply_suite(void);
Suite *operations_arithmetic_suite(void);
Suite *operations_products_suite(void);
Suite *operations_reductions_suite(void);
Suite *operations_structure_suite(void);
Suite *operations_solves_suite(void);
Suite *operations_eigen_suite(void);
Suite *operations_functions_suite(void);
Suite *operations_norms_suite(void);
Suite *operations_entrywise_suite(void);
Suite *drivers_gradient_suite(void);
Suite *drivers_jacobian_suite(void);
Suite *drivers_hessian_suite(void);
Suite *drivers_results_suite(void);
Suite *drivers_scope_suite(void);
Suite *drivers_memory_suite(void);
Suite *drivers_tape_suite(void);
Suite *drivers_directions_suite(void);
Suite *drivers_workers_suite(void);
Suite *drivers_columns_suite(void);
Suite *drivers_check_suite(void);
Suite *drivers_diagnose_suite(void);
Suite *language_parse_suite(void);
Suite *language_functions_suite(void);
Suite *language_infer_suite(void);
Suite *language_evaluate_suite(void);
Suite *language_vary_suite(void);
Suite *symbols_names_suite(void);
Suite *files_table_suite(void);
Suite *command_suite(void);
Suite *command_diagnose_suite(void);
Suite *symbols_simplify_suite(void);
Suite *drivers_derive_suite(void);
Suite *command_derive_suite(void);
Suite *formulas_suite(void);

#endif
