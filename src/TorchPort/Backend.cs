using System.Reflection;
using System.Runtime.InteropServices;

namespace TorchPort;

/// <summary>The libtorch that this build carries or finds.</summary>
internal static partial class Backend
{
    /// <summary><c>cpu</c>, <c>cuda</c> or <c>external</c>: the build's <c>-p:TorchBackend</c>.</summary>
    internal static string Name { get; } = Metadata("TorchBackend");

    /// <summary>The versions of what computes, and the backend.</summary>
    internal static string Versions =>
        $"TorchSharp {VersionOf<TorchSharp.torch.Tensor>()}, libtorch {LibTorchVersion}, backend {Name}";

    /// <summary>The version of the assembly that a type is in.</summary>
    internal static string VersionOf<T>() => typeof(T).Assembly.GetName().Version!.ToString(3);

    /// <summary>The libtorch that TorchSharp was built for. <c>torch.__version__</c> would load libtorch.</summary>
    internal static string LibTorchVersion => Metadata("LibTorchVersion");

    private static string TorchSharpLibrary { get; } =
        OperatingSystem.IsWindows() ? "LibTorchSharp.dll"
        : OperatingSystem.IsMacOS() ? "libLibTorchSharp.dylib"
        : "libLibTorchSharp.so";

    /// <summary>Loads libtorch, and registers an exit handler that ends the process before libtorch's own ones.</summary>
    /// <exception cref="TroubleException">It will not load; the message has the loader's words, and what to do.</exception>
    internal static void Load()
    {
        LoadOpenMP();
        try
        {
            // TorchSharp would load it by itself, but where that fails it prints pages, on stdout.
            _ = NativeLibrary.Load(Path.Combine(AppContext.BaseDirectory, TorchSharpLibrary));
        }
        catch (DllNotFoundException e)
        {
            throw new TroubleException($"libtorch will not load: {WhyNotLoaded(e.Message.TrimEnd().Split('\n')[^1].Trim())}");
        }

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
    /// <param name="said">What the loader said.</param>
    internal static string WhyNotLoaded(string said)
    {
        // Of a library that it may not read, the loader says that it is not there.
        if (Directory.EnumerateFiles(AppContext.BaseDirectory).FirstOrDefault(IsUnreadableLibrary) is { } library)
        {
            var cure = $"As its owner, run: chmod -R a+rX '{AppContext.BaseDirectory}'";
            return $"{Environment.UserName} may not read {library}\n{cure}";
        }

        const string Memory = "There is not enough memory to load it: see ulimit -v, and the memory limit of the container.";
        (string Words, string Cure)[] cures =
        [
            ("version `GLIBC", "It needs glibc 2.34 and GCC 12's libstdc++, or newer: take Debian 12, Ubuntu 22.04 or newer."),
            ("cannot allocate memory", Memory),
            ("failed to map segment", Memory),
            ("cannot map", Memory),
            ("libstdc++.so.6: cannot open", "Install libstdc++: apt-get install libstdc++6"),
            ("libLibTorchSharp", AdviceOnMissing),
            ("libtorch", AdviceOnMissing),
            ("libc10", AdviceOnMissing),
            ("libgomp", AdviceOnMissing),
            (".so", $"Install the package of your system that has {said.Split(':')[0]}."),
            ("", AdviceOnMissing),
        ];
        return $"{said}\n{cures.First(row => said.Contains(row.Words, StringComparison.OrdinalIgnoreCase)).Cure}";
    }

    /// <summary>What to do where a library of libtorch is missing.</summary>
    internal static string AdviceOnMissing => (Name, TorchSharpLibrary) switch
    {
        ("external", _) => $"""
            This build looks for libtorch on the loader's path, and TorchSharp was built for libtorch {LibTorchVersion}.
            Put its folder on {LoaderPath}, or start it with scripts/run-on-pytorch.sh.
            """,
        (_, "LibTorchSharp.dll") => """
            It needs the Visual C++ redistributable (x64), 14.40 or newer. Install it.
            If you have it, build or publish again, to put the library back beside the program.
            """,
        (_, "libLibTorchSharp.dylib") => "Build or publish it again. If it lacks libomp.dylib: brew install libomp",
        _ => "Build it again, or publish it again, to put the library back beside the program.",
    };

    private static string LoaderPath =>
        OperatingSystem.IsWindows() ? "PATH" : OperatingSystem.IsMacOS() ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH";

    private static bool IsUnreadableLibrary(string file)
    {
        try
        {
            File.OpenRead(file).Dispose();
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
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
}
