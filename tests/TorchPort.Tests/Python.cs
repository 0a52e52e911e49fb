using System.ComponentModel;

namespace TorchPort.Tests;

/// <summary>The real Python, where this machine has one.</summary>
internal static class Python
{
    private static readonly string[] s_names = ["python3", "/usr/bin/python3", "python"];

    /// <summary>A Python with PyTorch in it, or null.</summary>
    internal static string? WithTorch { get; } = Find("import torch");

    /// <summary>The first Python on this machine that can run a line, or null.</summary>
    internal static string? Find(string line) => s_names.FirstOrDefault(python =>
    {
        try
        {
            return Start.Program(python, ["-c", line]).ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    });
}
