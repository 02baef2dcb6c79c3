/** What a subtask and its partial are known by, in the coordinator and in the store: one program over one partition. */
export const subtaskKey = (programKey: string, partitionFingerprint: string): string => `${programKey}:${partitionFingerprint}`;
