/** File at the root of a dataset that says that a program made it up. */
export const SYNTHETIC_MARKER = 'SYNTHETIC.json'
export const SYNTHETIC_NAME = 'synthetic-esc10'
export const SYNTHETIC_LICENCE = 'CC0 1.0: made by a program, no recordings in it'
export const SYNTHETIC_CITATION = 'Synthetic stand-in for ESC-10, made by @aed/datasets'
