using System.ComponentModel;

namespace TorchPort.Tests;

/// <summary>The Python installations on this machine, if any.</summary>
internal static class Python
{
    internal const string PythonRequired = "requires Python";
    internal const string TorchRequired = "requires Python with PyTorch";

    private static readonly string[] s_names = ["python3", "/usr/bin/python3", "python"];
    internal static string? Default { get; } = Find("sys");

    /// <summary>The first Python with PyTorch. TORCHPORT_PYTHON overrides it.</summary>
    internal static string? WithTorch { get; } = Environment.GetEnvironmentVariable("TORCHPORT_PYTHON") ?? Find("torch");

    internal static string Runner { get; } = Path.Combine(TestProcess.RepositoryRoot, "src/NotebookDiff/run-notebook.py");

    /// <summary>Writes a script that runs Python without site-packages (-S, -I), and so without PyTorch.</summary>
    internal static void WriteWithoutTorch(string file) =>
        TestProcess.WriteShellScript(file, $"exec {Default} -S -I \"$@\"");

    /// <summary>Returns the path of the first Python that has a module, or null: the program itself, not a shim.</summary>
    internal static string? Find(string module) =>
        s_names.Select(python => FindWithModule(module, python)).FirstOrDefault(path => path is not null);

    // Finding a module is cheaper than importing it.
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
