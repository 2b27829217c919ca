/* The end of a scope or of a turn: its results are carried over, everything else made in it is gone. */
#include <string.h>
#include "drivers/drivers.h"

/* A dm is carried as its struct, then its failure, its entries, or its value and differential. */

static size_t carried_size(dm *A)
{
    size_t size = sizeof *A;

    if (dm_is_failed(A))
        return size + sizeof *A->failure;
    if (!A->level)
        return size + dm_size(A) * sizeof(double);
    size += carried_size(A->dual.value);
    return A->dual.differential ? size + carried_size(A->dual.differential) : size;
}

static void put(char **at, const void *what, size_t size)
{
    memcpy(*at, what, size);
    *at += size;
}

static bool pack(char **at, dm *A)
{
    put(at, A, sizeof *A);
    if (dm_is_failed(A)) {
        put(at, A->failure, sizeof *A->failure);
        return true;
    }
    if (!A->level) {
        dm_panel P = dm_entries(A);
        for (size_t i = 0; P.data && i < P.rows; i++)
            put(at, P.data + i * P.stride, P.slots * P.cols * sizeof *P.data);
        return P.data != NULL;
    }
    return pack(at, A->dual.value) && (!A->dual.differential || pack(at, A->dual.differential));
}

static void take(const char **at, void *what, size_t size)
{
    memcpy(what, *at, size);
    *at += size;
}

static dm *unpack(dm_context *context, const char **at)
{
    dm old;

    take(at, &old, sizeof old);
    if (old.failure) {
        dm_failure failure;
        take(at, &failure, sizeof failure);
        dm *C = dm_failed(context, failure.code, "%s", failure.message);
        if (C->failure->code == failure.code)
            C->failure->raised = failure.raised;
        return C;
    }
    if (!old.level) {
        dm *C = dm_new(context, old.rows, old.slots, old.cols);
        dm_panel P = dm_fresh(C);
        size_t size = dm_size(&old) * sizeof(double);
        if (P.data)
            memcpy(P.data, *at, size);
        *at += size;
        C->name = old.name;
        return C;
    }
    dm *value = unpack(context, at);
    dm *differential = old.dual.differential ? unpack(context, at) : NULL;
    return dm_on_level(old.level, value, differential);
}

static bool reserve(dm_context *context, size_t size)
{
    if (size > context->carry_size) {
        char *larger = realloc(context->carry, size);
        if (!larger)
            return false;
        context->carry = larger;
        context->carry_size = size;
    }
    return true;
}

/* Made within the scope?  An older dm stays where it is. */
static bool young(const dm *A)
{
    return A && A->scope >= A->context->scope && A != &A->context->out_of_memory;
}

/* What is kept then belongs to the scope numbered `next`. */
static int leave(const dm_scope *scope, dm **keep, size_t n, unsigned long next)
{
    dm_context *context = scope->context;
    size_t size = n;                   /* one byte each: was it carried? */
    bool stays = context->base                             /* nothing is made yet ... */
              || context->formal_made != scope->formal;    /* the terms must stay, and with them what they need */

    if (stays || n == 0) {
        if (!stays)
            dm_scope_release(scope);
        context->scope = next;
        return GSL_SUCCESS;
    }
    for (size_t i = 0; i < n; i++)
        if (young(keep[i]))
            size += carried_size(keep[i]);
    bool carried = reserve(context, size);
    char *to = context->carry + n;
    for (size_t i = 0; carried && i < n; i++) {
        context->carry[i] = young(keep[i]);
        if (context->carry[i])
            carried = pack(&to, keep[i]);
    }
    if (!carried) {
        context->scope = next;
        for (size_t i = 0; i < n; i++)
            keep[i] = dm_out_of_memory(context);
        return dm_raise(dm_out_of_memory(context));
    }
    dm_scope_release(scope);
    context->scope = next;
    const char *from = context->carry + n;
    for (size_t i = 0; i < n; i++)
        if (context->carry[i])
            keep[i] = unpack(context, &from);
    return GSL_SUCCESS;
}

/* Can it be left?  If not, why, raised.  The innermost open scope is known by its number: numbers rise, and
 * a reset does not begin anew.                                                                       */
static int look_at(const char *function, const dm_scope *scope, dm **keep, size_t n)
{
    if (!scope->context)
        return dm_refuse(NULL, GSL_EFAULT, "%s: the scope has no context (NULL)", function);
    if (n > 0 && !keep)
        return dm_refuse(scope->context, GSL_EFAULT, "%s: keep is NULL and n is %zu: it holds what stays",
                         function, n);
    if (scope->number == scope->context->scope)
        return GSL_SUCCESS;
    if (scope->number > scope->context->scope)
        return dm_refuse(scope->context, GSL_EINVAL, "%s: scope %lu is not open: it was closed already, or the "
                         "context was reset", function, scope->number);
    return dm_refuse(scope->context, GSL_EINVAL, "%s: scope %lu is not the innermost open one, which is %lu: "
                     "inner ones are closed first, and each once", function, scope->number,
                     scope->context->scope);
}

int dm_scope_turn(dm_scope scope, dm **keep, size_t n)
{
    int status = look_at("dm_scope_turn", &scope, keep, n);

    return status ? status : leave(&scope, keep, n, scope.number);
}

int dm_scope_close(dm_scope scope, dm **keep, size_t n)
{
    int status = look_at("dm_scope_close", &scope, keep, n);

    return status ? status : leave(&scope, keep, n, scope.outer);
}
