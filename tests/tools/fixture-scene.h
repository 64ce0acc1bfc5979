#ifndef RSENC_FIXTURE_SCENE_H
#define RSENC_FIXTURE_SCENE_H

/*
 * Landscapes for tests: what a patch shows is a window on two smooth textures (how bright, how
 * green), mixed per band, plus noise. So bands of a patch agree with each other, compress about
 * as real ones do, and make a plausible picture. The same numbers on every machine and run.
 */

#include "tensor/dtype.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SCENE_SIDE = 1280, SCENE_NOISE = 16384 };

static struct {
	float bright[SCENE_SIDE * SCENE_SIDE]; /* -1..1 */
	float green[SCENE_SIDE * SCENE_SIDE];  /* -1..1 */
	float noise[SCENE_NOISE];              /* -1..1, most near 0 */
} scene;

/* What a sensor's band sees: base + bright + green + noise times the textures. */
struct spectrum {
	float base, bright, green, noise;
};

/* splitmix64, the public-domain generator of S. Vigna */
static uint64_t
scene_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* -1..1 */
static float
scene_random_float(uint64_t *state)
{
	return (float)(scene_random(state) >> 40) / (float)(1 << 23) - 1;
}

/* Adds one octave: random values on a grid of `cell` pixels, blended between its points. */
static void
scene_octave(float *texture, size_t cell, float strength, uint64_t *state)
{
	size_t n = SCENE_SIDE / cell + 2;
	float *grid = malloc(n * n * sizeof *grid);

	if (grid == NULL)
		abort();
	for (size_t i = 0; i < n * n; i++)
		grid[i] = scene_random_float(state) * strength;
	for (size_t y = 0; y < SCENE_SIDE; y++) {
		const float *above = grid + y / cell * n, *below = above + n;
		float v = (float)(y % cell) / (float)cell;
		for (size_t x = 0; x < SCENE_SIDE; x++) {
			size_t i = x / cell;
			float u = (float)(x % cell) / (float)cell;
			float top = above[i] + u * (above[i + 1] - above[i]);
			float bottom = below[i] + u * (below[i + 1] - below[i]);
			texture[y * SCENE_SIDE + x] += top + v * (bottom - top);
		}
	}
	free(grid);
}

/* Call first. */
static void
scene_start(void)
{
	uint64_t state = 1;
	float strength = 0.5f;

	for (size_t cell = 80; cell >= 5; cell /= 2, strength /= 2) {
		scene_octave(scene.bright, cell, strength, &state);
		scene_octave(scene.green, cell, strength, &state);
	}
	for (size_t i = 0; i < SCENE_NOISE; i++)
		scene.noise[i] = (scene_random_float(&state) + scene_random_float(&state)) / 2;
}

/* One sample of a type, rounded and kept within its range. */
static void
scene_store(unsigned char *to, enum dtype type, const float *row, size_t n)
{
	if (type == DTYPE_F32) {
		memcpy(to, row, n * sizeof *row);
		return;
	}
	float least = type == DTYPE_I16 ? -32767.0f : type == DTYPE_U8 ? 0.0f : 1.0f;
	float most = type == DTYPE_I16 ? 32767.0f : type == DTYPE_U8 ? 255.0f : 65535.0f;
	uint16_t *words = (uint16_t *)(void *)to;
	for (size_t i = 0; i < n; i++) {
		float v = row[i] < least ? least : row[i] > most ? most : row[i];
		int whole = (int)(v + 32768.5f) - 32768;
		if (type == DTYPE_U8)
			to[i] = (unsigned char)whole;
		else
			words[i] = (uint16_t)whole;
	}
}

/* Fills a plane of side x side samples. `where` (any number) chooses the window, so that bands of
 * one patch show the same place; `step` is how many texture points lie between two samples. */
static void
scene_plane(unsigned char *plane, enum dtype type, uint32_t side, uint32_t step, uint64_t where,
    unsigned band, const struct spectrum *s)
{
	uint64_t state = where;
	size_t room = SCENE_SIDE - (size_t)side * step;
	size_t left = scene_random(&state) % room, top = scene_random(&state) % room;
	float row[SCENE_SIDE];

	state += (uint64_t)band << 32;
	for (uint32_t y = 0; y < side; y++) {
		size_t at = (top + (size_t)y * step) * SCENE_SIDE + left;
		const float *bright = scene.bright + at, *green = scene.green + at;
		const float *noise = scene.noise + scene_random(&state) % (SCENE_NOISE - side);
		for (uint32_t x = 0; x < side; x++)
			row[x] = s->base + s->bright * bright[x * step] +
			         s->green * green[x * step] + s->noise * noise[x];
		scene_store(plane + (size_t)y * side * dtype_size(type), type, row, side);
	}
}

/* Fills a plane of U16 with CORINE land-cover codes in blocks, like BigEarthNet's maps. */
static void
scene_map(unsigned char *plane, uint32_t side, uint64_t where)
{
	static const uint16_t codes[4][2] = {{512, 523}, {211, 112}, {231, 243}, {312, 313}};
	uint16_t *out = (uint16_t *)(void *)plane;
	uint64_t state = where;
	size_t room = SCENE_SIDE - side;
	size_t left = scene_random(&state) % room, top = scene_random(&state) % room;

	for (uint32_t y = 0; y < side; y++)
		for (uint32_t x = 0; x < side; x++) {
			size_t at = (top + y / 8 * 8) * SCENE_SIDE + left + x / 8 * 8;
			float g = scene.green[at];
			int row = g < -0.35f ? 0 : g < 0 ? 1 : g < 0.3f ? 2 : 3;
			*out++ = codes[row][scene.bright[at] > 0];
		}
}

#endif
