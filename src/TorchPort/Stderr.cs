namespace TorchPort;

/// <summary>The program's standard error: what it says beside its output.</summary>
internal static class Stderr
{
    /// <summary>Says something. A standard error that is closed or full is no reason to stop.</summary>
    internal static void Say(string text)
    {
        try
        {
            Console.Error.Write(text + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
