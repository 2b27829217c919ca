#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include "drivers/workers.h"

struct dm_workers {
    pthread_mutex_t lock;
    pthread_cond_t begun, ended;
    size_t count, started, busy;
    unsigned long round;               /* of work that was given out */
    bool over;
    pid_t owner;                       /* the process: a child of it has none of the threads */
    void (*work)(void *what, size_t number);
    void *what;
    pthread_t thread[];
};

/* Its number is that of those that were started before it, and 1. */
static void *serve(void *arg)
{
    dm_workers *w = arg;
    unsigned long round = 0;

    pthread_mutex_lock(&w->lock);
    size_t number = ++w->started;
    for (;;) {
        while (!w->over && w->round == round)
            pthread_cond_wait(&w->begun, &w->lock);
        if (w->over)
            break;
        round = w->round;
        pthread_mutex_unlock(&w->lock);
        w->work(w->what, number);
        pthread_mutex_lock(&w->lock);
        if (--w->busy == 0)
            pthread_cond_signal(&w->ended);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Signals are for the threads that the program knows of. */
static bool start(dm_workers *w, size_t count)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (w->count < count && pthread_create(&w->thread[w->count], NULL, serve, w) == 0)
        w->count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return w->count == count;
}

dm_workers *dm_workers_alloc(size_t count)
{
    enum { MOST = 1 << 16 };
    dm_workers *w = count <= MOST ? calloc(1, sizeof *w + count * sizeof *w->thread) : NULL;

    if (!w)
        return NULL;
    w->owner = getpid();
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->begun, NULL);
    pthread_cond_init(&w->ended, NULL);
    if (start(w, count))
        return w;
    dm_workers_free(w);
    return NULL;
}

void dm_workers_free(dm_workers *w)
{
    if (!w || w->owner != getpid()) {
        free(w);
        return;
    }
    pthread_mutex_lock(&w->lock);
    w->over = true;
    pthread_cond_broadcast(&w->begun);
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->count; i++)
        pthread_join(w->thread[i], NULL);
    pthread_cond_destroy(&w->ended);
    pthread_cond_destroy(&w->begun);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

void dm_workers_run(dm_workers *w, void (*work)(void *what, size_t number), void *what)
{
    if (w->owner != getpid()) {
        work(what, 0);
        return;
    }
    pthread_mutex_lock(&w->lock);
    w->work = work;
    w->what = what;
    w->busy = w->count;
    w->round++;
    pthread_cond_broadcast(&w->begun);
    pthread_mutex_unlock(&w->lock);
    work(what, 0);
    pthread_mutex_lock(&w->lock);
    while (w->busy > 0)
        pthread_cond_wait(&w->ended, &w->lock);
    pthread_mutex_unlock(&w->lock);
}
