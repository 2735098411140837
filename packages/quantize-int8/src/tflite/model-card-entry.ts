/** Name of the metadata entry of a `.tflite` that holds the model card as JSON. */
export const MODEL_CARD_ENTRY = 'aed.json'
