using System.ComponentModel;

namespace TorchPort.Tests;

/// <summary>The real Python, where this machine has one.</summary>
internal static class Python
{
    internal const string PythonRequired = "there is no Python on this machine";
    internal const string TorchRequired = "there is no Python with PyTorch on this machine";

    private static readonly string[] s_names = ["python3", "/usr/bin/python3", "python"];
    internal static string? Default { get; } = Find("sys");

    /// <summary>The variable TORCHPORT_PYTHON names another one than the machine's first.</summary>
    internal static string? WithTorch { get; } = Environment.GetEnvironmentVariable("TORCHPORT_PYTHON") ?? Find("torch");

    /// <summary>The program that runs a notebook on a Python.</summary>
    internal static string Runner { get; } = Path.Combine(TestProcess.RepositoryRoot, "src/NotebookDiff/run-notebook.py");

    /// <summary>Writes a program that is a Python without site-packages (-S, -I), and so without PyTorch.</summary>
    internal static void WriteWithoutTorch(string file) =>
        TestProcess.WriteShellScript(file, $"exec {Default} -S -I \"$@\"");

    /// <summary>The first Python on this machine that has a module, or null: the program itself, behind any shim.</summary>
    internal static string? Find(string module) =>
        s_names.Select(python => FindWithModule(module, python)).FirstOrDefault(path => path is not null);

    // To look for a module costs less than to import it.
    private static string? FindWithModule(string module, string python)
    {
        var script = $"import sys, importlib.util as i; i.find_spec('{module}') and print(sys.executable)";
        try
        {
            return TestProcess.Run(python, ["-c", script]).Stdout.Trim() is { Length: > 0 } path ? path : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
