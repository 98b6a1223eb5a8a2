/** The decision to record and share nothing. How and with which notice it was made is added to it. */
export const withdrawal = {
  mode: "off",
  collect: [],
  share: [],
  destination: null,
  automatic: false,
  schema: 1,
  earlierEvents: false,
} as const;
