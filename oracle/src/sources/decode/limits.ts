/** Bounds of everything that comes from outside, checked before any work is done on it. */
export const MAX_PAYLOAD_BYTES = 65_536;
export const MAX_TOPIC_CHARACTERS = 1_024;
/** Inputs of one message. */
export const MAX_INPUTS = 256;
/** Characters of the name of a node or an input. */
export const MAX_NAME_CHARACTERS = 64;
/** Digits and all of a number that is written as text. */
export const MAX_NUMBER_CHARACTERS = 40;
/** Beyond this a double no longer tells neighbouring whole numbers apart, and no meter has a value like it. */
export const MAX_MAGNITUDE = Number.MAX_SAFE_INTEGER;
/** Of a radio frame: what an RFM69 can send at once. */
export const MAX_FRAME_BYTES = 255;
/** Of a line of text from a serial port, and of a whole smart meter telegram. */
export const MAX_LINE_BYTES = 4_096;
export const MAX_TELEGRAM_BYTES = 16_384;
