/* The runner: every suite, one after the other, and Check's summary.  CK_FORK=no keeps all of it in one
 * process (for valgrind), CK_RUN_SUITE=operations/rules runs one suite, CK_VERBOSITY=verbose names tests. */
#include <stdlib.h>
#include "suites.h"

static Suite *(*const suites[])(void) = {
    core_context_suite, core_error_suite, numbers_number_suite, numbers_factor_suite,
    numbers_kernels_suite, differentials_making_suite,
    differentials_terms_suite, operations_rules_suite, operations_apply_suite, operations_arithmetic_suite,
    operations_products_suite, operations_reductions_suite,
    operations_structure_suite, operations_solves_suite, operations_eigen_suite, operations_functions_suite, operations_norms_suite,
    operations_entrywise_suite, drivers_gradient_suite, drivers_jacobian_suite, drivers_hessian_suite,
    drivers_results_suite, drivers_scope_suite, drivers_memory_suite, drivers_tape_suite,
    drivers_directions_suite, drivers_workers_suite, drivers_columns_suite, drivers_check_suite,
    drivers_diagnose_suite,
    language_parse_suite, language_functions_suite, language_infer_suite, language_evaluate_suite,
    language_vary_suite,
    files_table_suite, command_suite, command_diagnose_suite, formulas_suite,
    symbols_names_suite, symbols_simplify_suite, drivers_derive_suite, command_derive_suite,
};

int main(void)
{
    SRunner *runner = srunner_create(NULL);

    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
        srunner_add_suite(runner, suites[i]());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
