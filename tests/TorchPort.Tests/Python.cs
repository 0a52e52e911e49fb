using System.ComponentModel;

namespace TorchPort.Tests;

/// <summary>The real Python, where this machine has one.</summary>
internal static class Python
{
    private static readonly string[] s_names = ["python3", "/usr/bin/python3", "python"];

    /// <summary>
    /// A Python with PyTorch, or null. The environment variable TORCHPORT_PYTHON names another one than the machine's first.
    /// </summary>
    internal static string? WithTorch { get; } = Environment.GetEnvironmentVariable("TORCHPORT_PYTHON") ?? Find("import torch");

    /// <summary>The program that runs a notebook on a Python.</summary>
    internal static string Runner { get; } = Path.Combine(Start.Repository, "src/NotebookDiff/run-notebook.py");

    /// <summary>Runs a notebook.</summary>
    internal static Outcome RunNotebook(string python, string notebook, params string[] options) =>
        Start.Program(python, [Runner, notebook, .. options]);

    /// <summary>Writes a program that is a Python without PyTorch; it takes a POSIX shell and a Python.</summary>
    internal static void WriteWithoutTorch(string file)
    {
        // Without site-packages (-S, -I) no Python finds a PyTorch.
        File.WriteAllText(file, $"#!/bin/sh\nexec {Find("import sys")} -S -I \"$@\"\n");
        Assert.Equal(0, Start.Program("chmod", ["+x", file]).ExitCode);
    }

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
