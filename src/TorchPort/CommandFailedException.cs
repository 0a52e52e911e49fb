namespace TorchPort;

/// <summary>The program cannot do what it was asked. The message says why and what to do, in one to three lines.</summary>
internal sealed class CommandFailedException(string message) : Exception(message);
