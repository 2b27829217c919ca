/* Failures: a dm that could not be computed carries its reason until somebody takes it out. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "core/dm.h"

static void remember(dm_context *context, const dm_failure *failure)
{
    if (context->error.code == GSL_SUCCESS)
        context->error = *failure;
}

dm *dm_out_of_memory(dm_context *context)
{
    remember(context, &context->memory_failure);
    return &context->out_of_memory;
}

static dm *fail(dm *C, int code, const char *format, va_list arguments)
{
    dm_context *context = C->context;

    if (C->failure)
        return C;
    dm_failure *failure = dm_arena_alloc(context, sizeof *failure);
    if (!failure || code == GSL_ENOMEM) {
        C->failure = &context->memory_failure;
    } else {
        failure->code = code;
        failure->raised = false;
        vsnprintf(failure->message, sizeof failure->message, format, arguments);
        C->failure = failure;
    }
    remember(context, C->failure);
    return C;
}

dm *dm_fail(dm *C, int code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fail(C, code, format, arguments);
    va_end(arguments);
    return C;
}

dm *dm_no_memory(dm *C)
{
    return dm_fail(C, GSL_ENOMEM, "out of memory");
}

dm *dm_failed(dm_context *context, int code, const char *format, ...)
{
    dm *C = dm_new(context, 1, 1, 1);
    va_list arguments;

    va_start(arguments, format);
    fail(C, code, format, arguments);
    va_end(arguments);
    return C;
}

int dm_raise(const dm *A)
{
    if (!A) {
        gsl_error("dualmat: the dual matrix is NULL", __FILE__, __LINE__, GSL_EFAULT);
        return GSL_EFAULT;
    }
    if (!A->failure)
        return GSL_SUCCESS;
    if (!A->failure->raised) {
        A->failure->raised = true;
        if (!A->context->quiet)
            gsl_error(A->failure->message, __FILE__, __LINE__, A->failure->code);
    }
    return A->failure->code;
}

int dm_status(const dm *A)
{
    return !A ? GSL_EFAULT : A->failure ? A->failure->code : GSL_SUCCESS;
}

const char *dm_message(const dm *A)
{
    return !A ? "the dual matrix is NULL" : A->failure ? A->failure->message : "";
}

int dm_context_error(const dm_context *context)
{
    return context ? context->error.code : GSL_EFAULT;
}

const char *dm_context_message(const dm_context *context)
{
    return context ? context->error.message : "the context is NULL";
}

/* ------------------------------------------------------------------------------- names of things -- */

const char *dm_operand_name(dm_letter *letter, const dm_op *op, size_t i, const dm *X)
{
    letter->text[0] = op->operands[i];
    letter->text[1] = '\0';
    return X->name ? X->name : letter->text;
}
