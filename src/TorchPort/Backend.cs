using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace TorchPort;

/// <summary>The libtorch that this build carries or finds.</summary>
internal static partial class Backend
{
    /// <summary><c>cpu</c>, <c>cuda</c> or <c>external</c>: the build's <c>-p:TorchBackend</c>.</summary>
    internal static string Name { get; } = Metadata("TorchBackend");

    /// <summary>The libtorch that TorchSharp was built for. <c>torch.__version__</c> would load libtorch.</summary>
    internal static string LibTorchVersion => Metadata("LibTorchVersion");

    private static string TorchSharpLibrary { get; } =
        OperatingSystem.IsWindows() ? "LibTorchSharp.dll"
        : OperatingSystem.IsMacOS() ? "libLibTorchSharp.dylib"
        : "libLibTorchSharp.so";

    /// <summary>Loads libtorch, and registers an exit handler that ends the process before libtorch's own ones.</summary>
    /// <exception cref="DllNotFoundException">It will not load; the message is the loader's.</exception>
    internal static void Load()
    {
        LoadOpenMP();

        // TorchSharp would load it by itself, but where that fails it prints pages, on stdout.
        _ = NativeLibrary.Load(Path.Combine(AppContext.BaseDirectory, TorchSharpLibrary));
        SkipExitHandlers();
    }

    /// <summary>Loads the OpenMP that the build carries, where libtorch asks for another.</summary>
    internal static void LoadOpenMP()
    {
        // On macOS libtorch asks for Homebrew's libomp.dylib, by its full path. The copy beside the program has the same
        // install name: once it is loaded, macOS looks no further.
        if (OperatingSystem.IsMacOS())
        {
            _ = NativeLibrary.TryLoad(Path.Combine(AppContext.BaseDirectory, "libomp.dylib"), out _);
        }
    }

    /// <summary>Why libtorch will not load, and what to do about it, in one to three lines.</summary>
    /// <param name="error">The loader's error.</param>
    internal static string WhyNotLoaded(DllNotFoundException error)
    {
        var said = error.Message.TrimEnd().Split('\n')[^1].Trim();
        var missing = MissingLibrary().Match(said).Groups["name"].Value;
        return $"libtorch will not load: {said}\n{Advice(said, missing)}";
    }

    /// <summary>What to do where a library of libtorch is missing.</summary>
    internal static string AdviceOnMissing => Name == "external" ? AdviceOnPath
        : OperatingSystem.IsWindows() ? AdviceOnWindows
        : OperatingSystem.IsMacOS() ? $"{AdviceOnBuild}\nIf it lacks libomp.dylib: brew install libomp"
        : AdviceOnBuild;

    private const string AdviceOnBuild = "Build it again, or publish it again, to put the library back beside the program.";

    private const string AdviceOnWindows = """
        It needs the Visual C++ redistributable (x64), 14.40 or newer: install that.
        If it is there, build or publish again, to put the library back beside the program.
        """;

    private static string AdviceOnPath => $"""
        This build looks for libtorch on the loader's path, and TorchSharp was built for libtorch {LibTorchVersion}.
        Put the folder of one on {LoaderPath}.
        """;

    private static string LoaderPath =>
        OperatingSystem.IsWindows() ? "PATH"
        : OperatingSystem.IsMacOS() ? "DYLD_LIBRARY_PATH"
        : "LD_LIBRARY_PATH, or start with scripts/run-on-pytorch.sh";

    // The words are those of glibc's loader.
    private static string Advice(string said, string missing)
    {
        var isOwn = OwnLibrary().IsMatch(Path.GetFileName(missing));
        return said switch
        {
            _ when said.Contains("version `GLIBC", StringComparison.Ordinal) =>
                "It needs glibc 2.34 and GCC 12's libstdc++ or newer, as in Debian 12 and Ubuntu 22.04: take a newer system.",
            _ when OutOfMemory().IsMatch(said) =>
                "There is not enough memory to load it: see ulimit -v, and the memory limit of the container.",
            _ when missing.StartsWith("libstdc++", StringComparison.Ordinal) => "Install that: apt-get install libstdc++6",
            _ when missing.Length > 0 && !isOwn => $"Install the package of this system that has {missing}.",
            _ => AdviceOnMissing,
        };
    }

    // At exit libtorch unregisters its operators one by one. That takes a third of the loading time, and the system frees the
    // memory anyway. Exit handlers run from the last to the first, so this one ends the process before libtorch's.
    private static void SkipExitHandlers()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = OnExit(NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "_exit"), 0);
        }
    }

    private static string Metadata(string key) =>
        typeof(Backend).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(metadata => metadata.Key == key).Value!;

    // glibc: calls the function with the exit code and the argument.
    [LibraryImport("libc.so.6", EntryPoint = "on_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OnExit(nint function, nint argument);

    [GeneratedRegex("^(?<name>[^ :]+): cannot open shared object file")]
    private static partial Regex MissingLibrary();

    [GeneratedRegex("^(libLibTorchSharp|libtorch|libc10|libgomp)")]
    private static partial Regex OwnLibrary();

    [GeneratedRegex("cannot allocate memory|failed to map segment|cannot map", RegexOptions.IgnoreCase)]
    private static partial Regex OutOfMemory();
}
